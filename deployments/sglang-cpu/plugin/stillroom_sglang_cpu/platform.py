"""The platform SGLang runs on where there is no GPU: plain PyTorch operators, no custom kernels."""

from sglang.srt.platforms.cpu import CpuDeviceMixin
from sglang.srt.platforms.device_mixin import PlatformEnum
from sglang.srt.platforms.interface import PlatformCapabilities, SRTPlatform


class StillroomCpuPlatform(CpuDeviceMixin, SRTPlatform):
    """SGLang's own CPU device operations, without the kernels that its PyPI wheel lacks.

    It counts as out of tree (``PlatformEnum.OOT``): the in-tree CPU platform imports ``sgl_kernel``.
    """

    _enum = PlatformEnum.OOT
    device_name = "cpu"
    device_type = "cpu"
    capabilities = PlatformCapabilities()

    def is_pin_memory_available(self, device: object = None) -> bool:
        """No: there is no device to copy to."""
        return False

    def get_default_attention_backend(self) -> str:
        """PyTorch's scaled dot product attention."""
        return "torch_native"

    def get_dispatch_key_name(self) -> str:
        """Fused operators fall back to their plain PyTorch form."""
        return "native"

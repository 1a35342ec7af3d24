"""Wilson's interval for a share that was estimated from counts."""

import math

Z_95 = 1.959963984540054  # two-sided 95 % of the normal distribution


def wilson(part: int, whole: int, z: float = Z_95) -> tuple[float, float]:
    """Bounds of the share ``part / whole`` (Wilson 1927); 0 to 1 where nothing was counted.

    It holds its level also where the share is 0 or 1, which is where verifiers are: 0 of 100 is not "0 %" but
    "at most 3.7 %".
    """
    if not 0 <= part <= whole:
        raise ValueError(f"{part} of {whole} is no share")
    if whole == 0:
        return 0.0, 1.0
    share = part / whole
    middle = share + z * z / (2 * whole)
    reach = z * math.sqrt(share * (1 - share) / whole + z * z / (4 * whole * whole))
    scale = 1 + z * z / whole
    low = 0.0 if part == 0 else (middle - reach) / scale
    high = 1.0 if part == whole else (middle + reach) / scale
    return low, high

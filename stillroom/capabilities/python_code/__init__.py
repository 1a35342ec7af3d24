"""The capability ``code``: Python functions, checked by executing tests."""

from stillroom.capabilities.python_code.capability import PythonCode

__all__ = ["PythonCode"]

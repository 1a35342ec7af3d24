"""What goes wrong between two processes: one has ended or sends too much, or a value has no form to cross in."""

# Stands alone in the container.
# pyright: basic


class PartnerGone(BaseException):
    """The other process has ended; not an Exception, so that tests do not take it for an expected one."""


class TooMuchSent(PartnerGone):
    """The other process sent more than is read."""


class Unsendable(Exception):
    """A value has no form in which it can cross."""

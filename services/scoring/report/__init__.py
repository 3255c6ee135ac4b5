"""The training report: what a model can do and how sure that is, as one page anybody can read.

Needs the `training` extra (matplotlib): no service imports it.
"""

from services.scoring.report.page import page, write

__all__ = ["page", "write"]

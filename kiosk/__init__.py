"""Trạm Xanh: a self-service circulation station for school libraries."""

__version__ = "0.1.0"

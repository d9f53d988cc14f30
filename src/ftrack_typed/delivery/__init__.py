"""Delivery of batches: what became of one whose answer was lost is found out before it is sent again."""

from ftrack_typed.delivery.delivery import Delivery

__all__ = ["Delivery"]

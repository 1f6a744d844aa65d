"""The acts of a circulation desk. Each is one unit of work: everything of it is durable, or nothing."""

from kiosk.desk.acts import Desk as Desk

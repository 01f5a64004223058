"""Earlier renders, kept with what they sound like: a search may start from the nearest."""

from patchwright.experiments.store.render_store import RenderStore
from patchwright.experiments.store.starts import Starts, stored_starts

__all__ = ["RenderStore", "Starts", "stored_starts"]

"""Store of earlier renders and their features; a search can start from the nearest presets."""

from patchwright.experiments.store.render_store import RenderStore
from patchwright.experiments.store.starts import StoredStarts, stored_starts

__all__ = ["RenderStore", "StoredStarts", "stored_starts"]

"""A public benchmark: fixed tasks, answers as presets, and scores that only our renders give."""

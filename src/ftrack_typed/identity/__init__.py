"""Identity: one object per entity, and hydration of replies into these objects."""

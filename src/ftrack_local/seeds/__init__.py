"""What a database starts with: a demo studio, an empty site, or rows of a file."""

from ftrack_local.seeds.demo import demo_rows
from ftrack_local.seeds.document import SeedError, load_seed
from ftrack_local.seeds.load import SeedResult, seed
from ftrack_local.seeds.system import empty_rows

__all__ = ["SeedError", "SeedResult", "demo_rows", "empty_rows", "load_seed", "seed"]

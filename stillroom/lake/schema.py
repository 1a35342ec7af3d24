"""The tables of the lake, declared once: DuckLake is created, rows are typed and docs are written from here.

All tables are append-only. Every row carries run_id, shard (-1 where a row belongs to no shard) and
created_at (UTC), which ``commit`` fills in.
"""

from stillroom.lake.tables.curation import CURATION
from stillroom.lake.tables.generation import GENERATION
from stillroom.lake.tables.judgement import JUDGEMENT
from stillroom.lake.tables.publication import PUBLICATION
from stillroom.lake.tables.work import WORK

SCHEMA_VERSION = 3

TABLES = {table.name: table for table in (*WORK, *GENERATION, *JUDGEMENT, *CURATION, *PUBLICATION)}

"""What of the verified samples becomes data: the best of each prompt, without duplicates."""

from stillroom.curation.duplicates import Duplicates, find_duplicates
from stillroom.curation.near import OldDocuments
from stillroom.curation.settings import DedupSettings
from stillroom.curation.signatures import SIGNATURE_SCHEMA

__all__ = ["SIGNATURE_SCHEMA", "DedupSettings", "Duplicates", "OldDocuments", "find_duplicates"]

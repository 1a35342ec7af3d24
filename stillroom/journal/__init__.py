"""Remembers what was paid for until the lake has it: in a file, or in the PostgreSQL server of the catalogue."""

from stillroom.journal.database import DatabaseJournal
from stillroom.journal.file import ALLOCATION_STEP, Journal, Replay, Room
from stillroom.journal.place import AnyJournal, InDatabase, JournalPlace, journal_at, journal_place, tell_damage

__all__ = [
    "ALLOCATION_STEP",
    "AnyJournal",
    "DatabaseJournal",
    "InDatabase",
    "Journal",
    "JournalPlace",
    "Replay",
    "Room",
    "journal_at",
    "journal_place",
    "tell_damage",
]

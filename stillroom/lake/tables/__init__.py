"""The declared tables, by what they tell of; all of them together are ``stillroom.lake.schema.TABLES``."""

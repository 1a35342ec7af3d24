"""Teachers: models behind endpoints. The only place that speaks HTTP to models."""

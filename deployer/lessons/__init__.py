"""What failures taught: a catalogue of known patterns in logs, and a notebook for those that are met anew."""

from deployer.lessons.catalogue import LEAST_SIGHTINGS, read_catalogue
from deployer.lessons.matching import find_lessons, lesson_facts
from deployer.lessons.notebook import Notebook, open_notebook, recall

__all__ = ["LEAST_SIGHTINGS", "Notebook", "find_lessons", "lesson_facts", "open_notebook", "read_catalogue", "recall"]

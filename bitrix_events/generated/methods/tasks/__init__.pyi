# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from typing import Generic

from bitrix_events.generated.methods.shared import C, R, V
from bitrix_events.generated.methods.tasks.api import TasksApi
from bitrix_events.generated.methods.tasks.flow import TasksFlow
from bitrix_events.generated.methods.tasks.task import TasksTask
from bitrix_events.generated.methods.tasks.template import TasksTemplate

class Tasks(Generic[C, R, V]):
    """``tasks``"""

    api: TasksApi[C, R, V]
    flow: TasksFlow[C, R, V]
    task: TasksTask[C, R, V]
    template: TasksTemplate[C, R, V]

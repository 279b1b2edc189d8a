# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from typing import Generic

from bitrix_events.generated.methods.shared import C, R, V
from bitrix_events.generated.methods.task.checklistitem import TaskChecklistitem
from bitrix_events.generated.methods.task.comment import TaskComment
from bitrix_events.generated.methods.task.commentitem import TaskCommentitem
from bitrix_events.generated.methods.task.dependence import TaskDependence
from bitrix_events.generated.methods.task.elapseditem import TaskElapseditem
from bitrix_events.generated.methods.task.item import TaskItem
from bitrix_events.generated.methods.task.items import TaskItems
from bitrix_events.generated.methods.task.logitem import TaskLogitem
from bitrix_events.generated.methods.task.planner import TaskPlanner
from bitrix_events.generated.methods.task.stages import TaskStages

class Task(Generic[C, R, V]):
    """``task``"""

    checklistitem: TaskChecklistitem[C, R, V]
    comment: TaskComment[C, R, V]
    commentitem: TaskCommentitem[C, R, V]
    dependence: TaskDependence[C, R, V]
    elapseditem: TaskElapseditem[C, R, V]
    item: TaskItem[C, R, V]
    items: TaskItems[C, R, V]
    logitem: TaskLogitem[C, R, V]
    planner: TaskPlanner[C, R, V]
    stages: TaskStages[C, R, V]

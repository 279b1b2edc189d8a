# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from typing import Generic

from bitrix_events.generated.methods.im.chat import ImChat
from bitrix_events.generated.methods.im.counters import ImCounters
from bitrix_events.generated.methods.im.department import ImDepartment
from bitrix_events.generated.methods.im.dialog import ImDialog
from bitrix_events.generated.methods.im.disk import ImDisk
from bitrix_events.generated.methods.im.message import ImMessage
from bitrix_events.generated.methods.im.notify import ImNotify
from bitrix_events.generated.methods.im.recent import ImRecent
from bitrix_events.generated.methods.im.revision import ImRevision
from bitrix_events.generated.methods.im.search import ImSearch
from bitrix_events.generated.methods.im.user import ImUser
from bitrix_events.generated.methods.im.v2 import ImV2
from bitrix_events.generated.methods.shared import C, R, V

class Im(Generic[C, R, V]):
    """``im``"""

    chat: ImChat[C, R, V]
    counters: ImCounters[C, R, V]
    department: ImDepartment[C, R, V]
    dialog: ImDialog[C, R, V]
    disk: ImDisk[C, R, V]
    message: ImMessage[C, R, V]
    notify: ImNotify[C, R, V]
    recent: ImRecent[C, R, V]
    revision: ImRevision[C, R, V]
    search: ImSearch[C, R, V]
    user: ImUser[C, R, V]
    v2: ImV2[C, R, V]

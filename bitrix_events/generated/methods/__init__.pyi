# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from typing import Generic

from typing_extensions import deprecated

from bitrix_events.generated.methods.access import Access
from bitrix_events.generated.methods.ai import Ai
from bitrix_events.generated.methods.app import App
from bitrix_events.generated.methods.biconnector import Biconnector
from bitrix_events.generated.methods.bizproc import Bizproc
from bitrix_events.generated.methods.booking import Booking
from bitrix_events.generated.methods.calendar import Calendar
from bitrix_events.generated.methods.catalog import Catalog
from bitrix_events.generated.methods.crm import Crm
from bitrix_events.generated.methods.department import Department
from bitrix_events.generated.methods.disk import Disk
from bitrix_events.generated.methods.documentgenerator import Documentgenerator
from bitrix_events.generated.methods.entity import Entity
from bitrix_events.generated.methods.event import Event
from bitrix_events.generated.methods.feature import Feature
from bitrix_events.generated.methods.humanresources import Humanresources
from bitrix_events.generated.methods.im import Im
from bitrix_events.generated.methods.imbot import Imbot
from bitrix_events.generated.methods.imconnector import Imconnector
from bitrix_events.generated.methods.imopenlines import Imopenlines
from bitrix_events.generated.methods.landing import Landing
from bitrix_events.generated.methods.lists import Lists
from bitrix_events.generated.methods.log import Log
from bitrix_events.generated.methods.mailservice import Mailservice
from bitrix_events.generated.methods.messageservice import Messageservice
from bitrix_events.generated.methods.method import Method
from bitrix_events.generated.methods.placement import Placement
from bitrix_events.generated.methods.pull import Pull
from bitrix_events.generated.methods.rpa import Rpa
from bitrix_events.generated.methods.sale import Sale
from bitrix_events.generated.methods.salescenter import Salescenter
from bitrix_events.generated.methods.server import Server
from bitrix_events.generated.methods.shared import Array, C, R, V
from bitrix_events.generated.methods.sign import Sign
from bitrix_events.generated.methods.socialnetwork import Socialnetwork
from bitrix_events.generated.methods.sonet_group import SonetGroup
from bitrix_events.generated.methods.task import Task
from bitrix_events.generated.methods.tasks import Tasks
from bitrix_events.generated.methods.telephony import Telephony
from bitrix_events.generated.methods.timeman import Timeman
from bitrix_events.generated.methods.user import User
from bitrix_events.generated.methods.userconsent import Userconsent
from bitrix_events.generated.methods.userfieldconfig import Userfieldconfig
from bitrix_events.generated.methods.userfieldtype import Userfieldtype
from bitrix_events.generated.methods.vote import Vote
from bitrix_events.generated.methods.voximplant import Voximplant

class Methods(Generic[C, R, V]):
    """First parts of the names of methods."""

    access: Access[C, R, V]
    ai: Ai[C, R, V]
    app: App[C, R, V]
    biconnector: Biconnector[C, R, V]
    bizproc: Bizproc[C, R, V]
    booking: Booking[C, R, V]
    calendar: Calendar[C, R, V]
    catalog: Catalog[C, R, V]
    crm: Crm[C, R, V]
    department: Department[C, R, V]
    disk: Disk[C, R, V]
    documentgenerator: Documentgenerator[C, R, V]
    entity: Entity[C, R, V]
    event: Event[C, R, V]
    feature: Feature[C, R, V]
    humanresources: Humanresources[C, R, V]
    im: Im[C, R, V]
    imbot: Imbot[C, R, V]
    imconnector: Imconnector[C, R, V]
    imopenlines: Imopenlines[C, R, V]
    landing: Landing[C, R, V]
    lists: Lists[C, R, V]
    log: Log[C, R, V]
    mailservice: Mailservice[C, R, V]
    messageservice: Messageservice[C, R, V]
    method: Method[C, R, V]
    placement: Placement[C, R, V]
    pull: Pull[C, R, V]
    rpa: Rpa[C, R, V]
    sale: Sale[C, R, V]
    salescenter: Salescenter[C, R, V]
    server: Server[C, R, V]
    sign: Sign[C, R, V]
    socialnetwork: Socialnetwork[C, R, V]
    sonet_group: SonetGroup[C, R, V]
    task: Task[C, R, V]
    tasks: Tasks[C, R, V]
    telephony: Telephony[C, R, V]
    timeman: Timeman[C, R, V]
    user: User[C, R, V]
    userconsent: Userconsent[C, R, V]
    userfieldconfig: Userfieldconfig[C, R, V]
    userfieldtype: Userfieldtype[C, R, V]
    vote: Vote[C, R, V]
    voximplant: Voximplant[C, R, V]

    def batch_(self, *, cmd: Array, halt: bool = ...) -> C:
        """Scope: basic."""

    def events(self, *, SCOPE: str = ..., FULL: bool = ...) -> C:
        """Scope: basic."""

    @deprecated("use method.get")
    def methods(self, *, full: bool = ..., scope: str = ...) -> C:
        """Scope: basic."""

    def profile(self) -> C:
        """Scope: basic."""

    def scope(self, *, full: bool = ...) -> C:
        """Scope: basic."""

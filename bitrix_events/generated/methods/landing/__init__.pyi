# Made by `python -m bitrix_events.catalog.generate` from the catalogue; do not edit.

from typing import Generic

from bitrix_events.generated.methods.landing.block import LandingBlock
from bitrix_events.generated.methods.landing.demos import LandingDemos
from bitrix_events.generated.methods.landing.landing import LandingLanding
from bitrix_events.generated.methods.landing.repo import LandingRepo
from bitrix_events.generated.methods.landing.repowidget import LandingRepowidget
from bitrix_events.generated.methods.landing.role import LandingRole
from bitrix_events.generated.methods.landing.site import LandingSite
from bitrix_events.generated.methods.landing.syspage import LandingSyspage
from bitrix_events.generated.methods.landing.template import LandingTemplate
from bitrix_events.generated.methods.shared import C, R, V

class Landing(Generic[C, R, V]):
    """``landing``"""

    block: LandingBlock[C, R, V]
    demos: LandingDemos[C, R, V]
    landing: LandingLanding[C, R, V]
    repo: LandingRepo[C, R, V]
    repowidget: LandingRepowidget[C, R, V]
    role: LandingRole[C, R, V]
    site: LandingSite[C, R, V]
    syspage: LandingSyspage[C, R, V]
    template: LandingTemplate[C, R, V]

"""The ledger: what became of deliveries and models, and what people said of them.

Everything here imports without pandas and pyarrow. The names of this package are classes and
functions: ``from coldframe.ledger import proposals`` gives the function of that name.
"""

from coldframe.ledger.chain import Damage, Entry
from coldframe.ledger.champion import Promotion
from coldframe.ledger.conclusions import conclude
from coldframe.ledger.deliveries import (
    Delivery,
    Reason,
    Renaming,
    deliveries,
    record_delivery,
)
from coldframe.ledger.ledger import Ledger
from coldframe.ledger.mappings import (
    MappingVerdict,
    MappingWord,
    accepted_mappings,
    mapping_words,
    say_of_mapping,
)
from coldframe.ledger.mendings import Mending, check_mending, mendings, record_mending
from coldframe.ledger.promotions import former_champions, promotions, rollback
from coldframe.ledger.proposals import (
    approved,
    decide,
    pending,
    proposal,
    proposals,
    propose,
    withdraw,
)
from coldframe.ledger.registry import (
    FeatureList,
    Holdout,
    ModelVersion,
    champion_model,
    model,
    models,
    register_model,
)
from coldframe.ledger.releases import Release, record_release, releases
from coldframe.ledger.replays import Replay, record_replay, replays, replays_of
from coldframe.ledger.runs import Run, record_run, runs
from coldframe.ledger.standing import Decision, Proposal, ProposalStanding
from coldframe.ledger.verdicts import Verdict, record_verdict, verdicts

__all__ = [
    "Damage",
    "Decision",
    "Delivery",
    "Entry",
    "FeatureList",
    "Holdout",
    "Ledger",
    "MappingVerdict",
    "MappingWord",
    "Mending",
    "ModelVersion",
    "Promotion",
    "Proposal",
    "ProposalStanding",
    "Reason",
    "Release",
    "Renaming",
    "Replay",
    "Run",
    "Verdict",
    "accepted_mappings",
    "approved",
    "champion_model",
    "check_mending",
    "conclude",
    "decide",
    "deliveries",
    "former_champions",
    "mapping_words",
    "mendings",
    "model",
    "models",
    "pending",
    "promotions",
    "proposal",
    "proposals",
    "propose",
    "record_delivery",
    "record_mending",
    "record_release",
    "record_replay",
    "record_run",
    "record_verdict",
    "register_model",
    "releases",
    "replays",
    "replays_of",
    "rollback",
    "runs",
    "say_of_mapping",
    "verdicts",
    "withdraw",
]

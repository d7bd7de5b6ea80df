"""Whether a training that was killed is still to be carried out."""

from coldframe.ledger import withdraw
from coldframe.train import may_resume, train_challenger, train_inputs


def test_a_killed_training_is_resumed_unless_its_proposal_is_void(bench, approve):
    proposal = approve("flights@3", max_iter=5)
    begun = train_inputs(bench)
    assert may_resume(bench, begun)
    train_challenger(bench)
    assert train_inputs(bench) is None
    assert may_resume(bench, begun)  # it is trained; its report may be missing

    other = approve("flights@4", max_iter=5)
    begun = train_inputs(bench)
    withdraw(bench.ledger, bench.dataset.name, other.number, reason="too early", who="Ada",
             how="cli")  # fmt: skip
    assert train_inputs(bench) is None
    assert not may_resume(bench, begun)
    assert not may_resume(bench, {})
    assert proposal.number != other.number

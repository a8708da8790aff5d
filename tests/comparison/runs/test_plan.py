"""Plans: all settings of a comparison; equal plans have equal hashes."""

import json
from dataclasses import replace

import numpy as np
import pytest
from fabricated import fabricate_galaxies

from galmorph.comparison import ComparisonPlan
from galmorph.errors import InvalidValueError
from galmorph.preprocessing import Augmentation
from galmorph.training import TrainConfig

PLAN = ComparisonPlan(
    architectures=("lenet5", "resnet18"),
    seeds=(0, 7),
    folds=4,
    tested_folds=None,
    repeats=2,
    config=TrainConfig(epochs=3, augmentation=Augmentation(rotation="any", shift=2)),
    learning_rates=(1e-3, 3e-4, 1e-4),
)


def test_trainings_are_counted():
    """2 architectures x 2 repeats x 4 folds x (2 seeds, the first of them with 3 rates)."""
    assert PLAN.trainings == 2 * 2 * 4 * (2 + 2)
    assert PLAN.passes == 4
    assert PLAN.trials == 3
    assert ComparisonPlan(architectures=("lenet5",)).trainings == 1


def test_a_plan_goes_through_json_and_back():
    """What JSON keeps makes the same plan with the same hash."""
    again = ComparisonPlan.from_dict(json.loads(json.dumps(PLAN.to_dict())))
    assert again == PLAN
    assert again.hash == PLAN.hash


def test_options_that_are_off_are_not_in_the_hash():
    """Hashes of plans, and checkpoints, stay valid when options are added: only those that are on are described."""
    assert PLAN.to_dict()["config"]["augmentation"] == {"rotation": "any", "flip": True, "shift": 2}
    zoomed = replace(PLAN.config, augmentation=Augmentation(rotation="any", shift=2, zoom=(0.8, 1.25)))
    assert replace(PLAN, config=zoomed).hash != PLAN.hash
    assert ComparisonPlan.from_dict(json.loads(json.dumps(replace(PLAN, config=zoomed).to_dict()))).config == zoomed


@pytest.mark.parametrize(
    "change",
    [
        {"architectures": ("resnet18", "lenet5")},
        {"seeds": (0,)},
        {"folds": 5},
        {"repeats": 1},
        {"validation": 0.25},
        {"split_seed": 1},
        {"config": TrainConfig(epochs=4)},
        {"learning_rates": ()},
    ],
)
def test_every_part_of_a_plan_is_in_its_hash(change):
    """A plan that differs anywhere has another hash."""
    tested_folds = {"tested_folds": change["folds"]} if "folds" in change else {}
    assert replace(PLAN, **change, **tested_folds).hash != PLAN.hash


def test_the_seed_of_the_configuration_plays_no_part():
    """Runs have seeds of their own."""
    assert replace(PLAN, config=replace(PLAN.config, seed=5)) == PLAN


def test_repeats_use_new_folds():
    """Each repeat tests every galaxy once, in other folds; each fold has one split for all architectures and seeds."""
    galaxies = fabricate_galaxies()
    splits = PLAN.splits(galaxies)
    assert sorted(splits) == [(repeat, fold) for repeat in (0, 1) for fold in range(4)]
    for repeat in (0, 1):
        tested = np.concatenate([splits[repeat, fold].parts[2] for fold in range(4)])
        assert sorted(tested.tolist()) == list(range(len(galaxies)))
    assert set(splits[0, 0].parts[2].tolist()) != set(splits[1, 0].parts[2].tolist())


def test_sizes_multiply_the_trainings():
    """The order of the sizes does not matter, all galaxies come last, and a plan without sizes is as it was."""
    plan = replace(PLAN, sizes=(None, 300, 100))
    assert plan.all_sizes == (100, 300, None)
    assert plan.trainings == 3 * PLAN.trainings
    assert plan.hash == replace(PLAN, sizes=(100, None, 300)).hash != PLAN.hash
    assert ComparisonPlan.from_dict(json.loads(json.dumps(plan.to_dict()))) == plan
    assert "sizes" not in PLAN.to_dict()


def test_one_tested_fold_is_one_split():
    """By default one of five folds is tested: 20 % of the galaxies, and an eighth of the others validates."""
    galaxies = fabricate_galaxies((100, 100), classes=("round", "spiral"))
    (split,) = ComparisonPlan(architectures=("lenet5",)).splits(galaxies).values()
    assert [len(part) for part in split.parts] == [140, 20, 40]


@pytest.mark.usefixtures("unchecked_shapes")
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"folds": 1, "tested_folds": 1}, "folds: expected at least 2, got 1"),
        ({"tested_folds": 5}, "tested_folds: expected at most 4 folds, got 5"),
        ({"tested_folds": 0}, "tested_folds: expected a whole number of at least 1, got 0"),
        ({"tested_folds": 3}, "repeats: expected 1 if only 3 of 4 folds are tested, got 2"),
        ({"architectures": ()}, "architectures: expected at least one, all different"),
        ({"architectures": ("lenet5", "lenet5")}, "architectures: expected at least one, all different"),
        ({"architectures": ("../mine",)}, "architectures: expected names of letters, .* got '../mine'"),
        ({"architectures": ("mine\n",)}, "architectures: expected names of letters"),
        ({"seeds": (1, 1)}, "seeds: expected at least one, all different"),
        ({"seeds": (-1,)}, "seeds: expected a whole number of at least 0, got -1"),
        ({"seeds": 3}, r"seeds: expected a list or tuple, got 3; write seeds=\(0, 1, 2\)"),
        ({"seeds": (0.5,)}, "seeds: expected a whole number of at least 0, got 0.5"),
        ({"split_seed": -1}, "split_seed: expected a whole number of at least 0, got -1"),
        ({"validation": 20}, "validation: expected a number from 0.01 to 0.5, got 20"),
        ({"architectures": {"lenet5"}}, "architectures: expected a list or tuple, got {'lenet5'}; "),
        ({"architectures": "lenet5"}, r"architectures: expected a list or tuple, got 'lenet5'; .*=\[\"lenet5\"\]"),
        ({"architectures": (18,)}, "architectures: expected names of letters, .* got 18"),
        ({"learning_rates": 1e-3}, r"learning_rates: expected a list or tuple, got 0.001; .*=\(1e-3,\)"),
        ({"config": {"epochs": 3}}, r"config: expected a TrainConfig, got {'epochs': 3}; write TrainConfig\(epochs"),
        ({"learning_rates": (0.0,)}, "learning_rates: expected a finite number above 0, got 0.0"),
        ({"learning_rates": (0.1, 0.1)}, "learning_rates: expected at least one, all different"),
        ({"sizes": 300}, r"sizes: expected a list or tuple, got 300; .*=\(100, 300, None\)"),
        ({"sizes": (300, 300)}, "sizes: expected at least one, all different"),
        ({"sizes": (0, None)}, "sizes: expected a whole number of at least 1, got 0"),
    ],
)
def test_impossible_plans_are_refused(change, message):
    """Each error says what was expected and what was got."""
    with pytest.raises(InvalidValueError, match=message):
        replace(PLAN, **change)


@pytest.mark.usefixtures("unchecked_shapes")
def test_lists_and_numpy_numbers_make_the_same_plan():
    """A list for a tuple, and NumPy's numbers for Python's, change neither the plan nor its hash."""
    lists = {"architectures": ["lenet5", "resnet18"], "seeds": np.array([0, 7]), "learning_rates": [1e-3, 3e-4, 1e-4]}
    again = replace(PLAN, **lists)
    assert again == PLAN
    assert again.hash == PLAN.hash


@pytest.mark.usefixtures("unchecked_shapes")
@pytest.mark.parametrize(
    "described",
    [
        "plan.json",
        {},
        {**PLAN.to_dict(), "weather": "fine"},
        {**PLAN.to_dict(), "config": {"augmentation": {}, "a": 1}},
    ],
)
def test_a_damaged_description_is_refused(described):
    """A missing or unknown name is an error."""
    with pytest.raises(InvalidValueError, match=r"plan: expected a description by ComparisonPlan\.to_dict"):
        ComparisonPlan.from_dict(described)

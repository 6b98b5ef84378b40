"""Localize, crop, classify: any number of faces, any batch, boxes inside the photo."""

from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from inference_api.pipeline import LOOK_AGAIN, Found, Pipeline
from inference_api.vision.labelling import Opinion
from inference_api.vision.spec import Detection, LookAgain


@dataclass
class Scripted:
    """A localizer and classifier that answer what they are told, and note their batches."""

    spec: object
    found: list[Found] = field(default_factory=list)
    upper: float = 0.5
    age_years: float | None = None
    batches: list[tuple[int, ...]] = field(default_factory=list)

    def localize(self, squares):
        self.batches.append(squares.shape)
        return self.found

    def classify(self, crops):
        self.batches.append(crops.shape)
        return [Opinion(self.upper, self.age_years)] * len(crops)


def found(*boxes, probability=0.9) -> Found:
    corners = np.array(boxes, np.float32).reshape(-1, 4)
    return Found(corners, np.full(len(corners), probability, np.float32))


@pytest.fixture
def scripted(localizer_spec, classifier_spec):
    return Pipeline(Scripted(localizer_spec), Scripted(classifier_spec))


def black(width=100, height=100):
    return np.zeros((height, width, 3), np.uint8)


def predict(pipeline, *results, images=None):
    pipeline.localizer.found = list(results)
    images = images or [black() for _ in results]
    return pipeline.predict([pipeline.prepare(image) for image in images])


def test_no_photos_give_no_predictions_and_run_nothing(scripted):
    assert scripted.predict([]) == []
    assert scripted.localizer.batches == []


@pytest.mark.parametrize("result", [found(), found((0, 0, 1, 1), probability=0.49)])
def test_no_face_is_an_answer_and_classifies_nothing(scripted, result):
    (prediction,) = predict(scripted, result)
    assert prediction.faces == ()
    assert scripted.classifier.batches == []


def test_faces_of_several_photos_share_one_classifier_batch(scripted):
    box = (0.1, 0.1, 0.5, 0.5)
    predictions = predict(scripted, found(box, box), found(), found(box))
    assert [len(prediction.faces) for prediction in predictions] == [2, 0, 1]
    assert scripted.localizer.batches == [(3, 64, 64, 3)]
    assert scripted.classifier.batches == [(3, 64, 64, 3)]


def test_the_largest_face_comes_first(scripted):
    small, large = (0.1, 0.1, 0.2, 0.2), (0.3, 0.3, 0.9, 0.9)
    (prediction,) = predict(scripted, found(small, large))
    assert [round(face.box.width) for face in prediction.faces] == [60, 10]


def test_a_box_is_clipped_to_the_photo(scripted):
    (prediction,) = predict(scripted, found((-1, -1, 2, 2)), images=[black(200, 100)])
    (face,) = prediction.faces
    assert face.box.as_array().tolist() == [0, 0, 200, 100]


@pytest.mark.parametrize(
    "box", [(0.5, 0.5, 0.5, 0.9), (0.9, 0.1, 0.1, 0.9), (2, 2, 3, 3), (np.nan,) * 4]
)
def test_a_box_without_an_area_inside_the_photo_is_no_face(scripted, box):
    (prediction,) = predict(scripted, found(box))
    assert prediction.faces == ()


def test_a_box_in_the_padding_is_no_face(scripted):
    wide = black(200, 100)  # the square's upper quarter is padding
    (prediction,) = predict(scripted, found((0, 0, 1, 0.2)), images=[wide])
    assert prediction.faces == ()


def test_boxes_are_in_pixels_of_the_photo_when_a_smaller_copy_is_looked_at(scripted):
    box = (0.25, 0.375, 0.75, 0.625)  # of a square that a wide photo fills by half
    scripted.localizer.found = [found(box)]
    copy = black(200, 100)
    copy[25:75, 50:150] = 255  # the face
    scripted.classifier.classify = lambda crops: [Opinion(crop.mean() / 255) for crop in crops]
    (whole,) = scripted.predict([scripted.prepare(copy.repeat(4, axis=0).repeat(4, axis=1))])
    (reduced,) = scripted.predict([scripted.prepare(copy, size_wh=(800, 400))])
    assert reduced.size_wh == whole.size_wh == (800, 400)
    assert reduced.faces[0].box.as_array() == pytest.approx([200, 100, 600, 300])
    assert reduced.faces[0].box == whole.faces[0].box
    probability = whole.faces[0].answer.probability
    assert reduced.faces[0].answer.probability == pytest.approx(probability, abs=0.02)


def test_a_face_has_the_answer_of_its_own_opinion_and_size(localizer_spec, classifier_spec):
    rule = classifier_spec.not_sure.model_copy(update={"least_side": 30})
    spec = classifier_spec.model_copy(update={"not_sure": rule})
    scripted = Pipeline(Scripted(localizer_spec), Scripted(spec, upper=0.7))
    (prediction,) = predict(scripted, found((0.1, 0.1, 0.2, 0.39), (0.3, 0.3, 0.9, 0.9)))
    assert [face.answer.label for face in prediction.faces] == ["Red", "not sure"]
    assert prediction.faces[0].answer.probability == pytest.approx(0.7)


def test_a_child_has_no_label(localizer_spec, classifier_spec):
    spec = classifier_spec.model_copy(update={"adult_from_years": 20.0})
    scripted = Pipeline(Scripted(localizer_spec), Scripted(spec, upper=0.7, age_years=9.0))
    (prediction,) = predict(scripted, found((0.1, 0.1, 0.5, 0.5)))
    assert prediction.faces[0].answer.verdict == "no_label_for_children"


@pytest.mark.parametrize(("slow_first_runs", "sizes"), [(True, [1, 2, 3, 1]), (False, [3, 1])])
def test_warming_up_runs_both_networks_at_each_size_that_needs_it(scripted, slow_first_runs, sizes):
    networks = replace(scripted, slow_first_runs=slow_first_runs)
    assert networks.warm_up(max_batch=3) >= 0
    assert [shape[0] for shape in scripted.localizer.batches] == sizes
    assert [shape[0] for shape in scripted.classifier.batches] == sizes


@pytest.fixture
def looking_twice(localizer_spec, classifier_spec):
    """As `scripted`, but photos in which nothing is found are looked at in tiles, then turned."""
    look = LookAgain(long_side=150, overlap=16, small_face=0, many_faces=9, turns=(90,))
    detection = Detection(strides=(8,), max_iou=0.5, max_faces=9, look_again=look)
    spec = localizer_spec.model_copy(update={"detection": detection})
    return Pipeline(Turning(spec), Scripted(classifier_spec))


@dataclass
class Turning(Scripted):
    """Finds the left half of a square whose upper left corner is red, and nothing else."""

    def localize(self, squares):
        self.batches.append(squares.shape)
        return [
            found((0, 0, 0.5, 1)) if square[2, 2].tolist() == [255, 0, 0] else found()
            for square in squares
        ]


def test_only_a_photo_that_was_looked_at_again_says_so(looking_twice):
    portrait, empty, small = red(100), black(), black(40, 40)
    photos = [looking_twice.prepare(image) for image in (portrait, empty, small)]
    predictions = looking_twice.predict(photos)
    assert [len(prediction.faces) for prediction in predictions] == [1, 0, 0]
    assert [LOOK_AGAIN in prediction.timings_ms for prediction in predictions] == [
        False,
        True,
        True,
    ]
    sizes = [shape[0] for shape in looking_twice.localizer.batches]
    assert sizes == [3, 8, 1, 2]  # three photos, nine tiles of one, a turn of two


def red(side):
    image = black(side, side)
    image[..., 0] = 255
    return image


def test_a_face_in_a_photo_on_its_side_is_classified_upright(looking_twice):
    image = black(60, 60)
    image[-30:, :30, 0] = 255  # comes to the upper left when turned by 90 degrees clockwise
    image[-30:, :30, 1:] = 0
    seen = []
    looking_twice.classifier.classify = lambda crops: seen.extend(crops) or [Opinion(1.0)]
    (prediction,) = looking_twice.predict([looking_twice.prepare(image)])
    (face,) = prediction.faces
    assert face.box.as_array().tolist() == pytest.approx([0, 30, 60, 60], abs=1e-4)
    (crop,) = seen
    redness = crop[..., 0].astype(int) - crop[..., 2]
    assert redness[:24].max() == redness.max() > 0
    assert redness[-24:].max() <= 0  # upright, what is red lies above


@pytest.mark.parametrize(("slow_first_runs", "sizes"), [(True, [*range(1, 9), 1]), (False, [8, 1])])
def test_warming_up_covers_the_squares_of_second_looks(looking_twice, slow_first_runs, sizes):
    networks = replace(looking_twice, slow_first_runs=slow_first_runs)
    networks.warm_up(max_batch=3)
    assert [shape[0] for shape in networks.localizer.batches] == sizes


def test_a_reduced_photo_holds_enough_for_the_second_look(scripted, looking_twice):
    small = looking_twice.classifier.spec.model_copy(update={"input_size": 8})
    networks = [replace(each, classifier=Scripted(small)) for each in (scripted, looking_twice)]
    assert [each.enough_side for each in networks] == [128, 300]

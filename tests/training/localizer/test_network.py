"""Both original networks, layer by layer."""

import keras
import numpy as np
import pytest

from training.classifier.original import build_classifier
from training.dataset.sizes import INPUT_SIZE
from training.localizer.network import build_localizer

LOCALIZER = [  # layer, kernel, output of a photo
    ("block1_conv1", (3, 3, 3, 64), (120, 120, 64)),
    ("block1_conv2", (3, 3, 64, 64), (120, 120, 64)),
    ("block1_pool", None, (60, 60, 64)),
    ("block2_conv1", (3, 3, 64, 128), (60, 60, 128)),
    ("block2_conv2", (3, 3, 128, 128), (60, 60, 128)),
    ("block2_pool", None, (30, 30, 128)),
    ("block3_conv1", (3, 3, 128, 256), (30, 30, 256)),
    ("block3_conv2", (3, 3, 256, 256), (30, 30, 256)),
    ("block3_conv3", (3, 3, 256, 256), (30, 30, 256)),
    ("block3_pool", None, (15, 15, 256)),
    ("block4_conv1", (3, 3, 256, 512), (15, 15, 512)),
    ("block4_conv2", (3, 3, 512, 512), (15, 15, 512)),
    ("block4_conv3", (3, 3, 512, 512), (15, 15, 512)),
    ("block4_pool", None, (7, 7, 512)),
    ("block5_conv1", (3, 3, 512, 512), (7, 7, 512)),
    ("block5_conv2", (3, 3, 512, 512), (7, 7, 512)),
    ("block5_conv3", (3, 3, 512, 512), (7, 7, 512)),
    ("block5_pool", None, (3, 3, 512)),
    ("face_probability_pool", None, (512,)),
    ("box_rel_xyxy_pool", None, (512,)),
    ("face_probability_hidden", (512, 2048), (2048,)),
    ("box_rel_xyxy_hidden", (512, 2048), (2048,)),
    ("face_probability", (2048, 1), (1,)),
    ("box_rel_xyxy", (2048, 4), (4,)),
]
CLASSIFIER = [
    ("conv1", (3, 3, 3, 16), (118, 118, 16)),
    ("pool1", None, (59, 59, 16)),
    ("conv2", (3, 3, 16, 32), (57, 57, 32)),
    ("pool2", None, (28, 28, 32)),
    ("conv3", (3, 3, 32, 64), (26, 26, 64)),
    ("pool3", None, (13, 13, 64)),
    ("flatten", None, (10816,)),
    ("hidden", (10816, 512), (512,)),
    ("probability", (512, 1), (1,)),
]


@pytest.fixture(scope="module")
def localizer():
    return build_localizer()


@pytest.fixture(scope="module")
def classifier():
    return build_classifier()


def structure(model):
    """Name, kernel and output shape of each layer that is no input, scaling or activation."""
    passive = (keras.layers.InputLayer, keras.layers.Rescaling, keras.layers.ReLU)
    return [
        (layer.name, tuple(layer.kernel.shape) if layer.weights else None, layer.output.shape[1:])
        for layer in model.layers
        if not isinstance(layer, passive)
    ]


def test_the_localizer_has_the_published_layers(localizer):
    assert sorted(structure(localizer)) == sorted(LOCALIZER)
    assert structure(localizer)[:18] == LOCALIZER[:18]  # the trunk in its order
    assert localizer.count_params() == 16_826_181


def test_the_classifier_has_the_published_layers(classifier):
    assert structure(classifier) == CLASSIFIER
    assert classifier.count_params() == 5_562_401


@pytest.mark.parametrize(
    ("name", "outputs"),
    [
        ("localizer", {"face_probability": (None, 1), "box_rel_xyxy": (None, 4)}),
        ("classifier", {"probability": (None, 1)}),
    ],
)
def test_pixels_go_in_by_name_and_named_answers_come_out(name, outputs, request):
    model = request.getfixturevalue(name)

    assert model.input["image"].dtype == "uint8"
    assert model.input["image"].shape == (None, INPUT_SIZE, INPUT_SIZE, 3)
    assert {key: value.shape for key, value in model.output.items()} == outputs
    assert {layer.name for layer in model.layers} >= set(outputs)
    for output in outputs:
        assert model.get_layer(output).activation is keras.activations.sigmoid


def test_every_convolution_and_hidden_layer_is_rectified(localizer, classifier):
    for model in (localizer, classifier):
        relus = {
            layer.name.removesuffix("_relu")
            for layer in model.layers
            if isinstance(layer, keras.layers.ReLU)
        }
        relus |= {
            layer.name
            for layer in model.layers
            if getattr(layer, "activation", None) is keras.activations.relu
        }
        hidden = {layer.name for layer in model.layers if layer.weights} - set(model.output)
        assert relus == hidden


def test_the_trunk_is_vgg16_of_keras(localizer):
    """The published configuration D, as Keras itself has it."""
    vgg = keras.applications.VGG16(
        weights=None, include_top=False, input_shape=(INPUT_SIZE, INPUT_SIZE, 3)
    )

    def geometry(model):
        kinds = (keras.layers.Conv2D, keras.layers.MaxPooling2D)
        keys = ("filters", "kernel_size", "pool_size", "strides", "padding", "use_bias")
        return [
            (layer.name, layer.output.shape, [layer.get_config().get(key) for key in keys])
            for layer in model.layers
            if isinstance(layer, kinds)
        ]

    assert geometry(localizer) == geometry(vgg)
    heads = 2 * (512 * 2048 + 2048) + (2048 * 1 + 1) + (2048 * 4 + 4)
    assert localizer.count_params() == vgg.count_params() + heads


def test_mean_and_scale_are_inside_the_networks(localizer, classifier):
    pixel = np.full((1, INPUT_SIZE, INPUT_SIZE, 3), 255, np.uint8)

    def first(model, layer):
        part = keras.Model(model.input, model.get_layer(layer).output)
        return keras.ops.convert_to_numpy(part({"image": pixel}))[0, 0, 0]

    np.testing.assert_allclose(first(localizer, "subtract_mean"), [131.32, 138.221, 151.061], 1e-5)
    np.testing.assert_allclose(first(classifier, "scale"), [1, 1, 1])

"""DeepFace's own REST API (Serengil & Ozpinar 2020, doi:10.1109/ASYU50717.2020.9259802).

    .peers/deepface/bin/python -m benchmarks.peers.deepface_api --port 5005

As it is by default: OpenCV's cascade finds the faces, and VGG-Face labels them. Its weights are
random, as DeepFace would download them; they cost the same time, and the labels mean nothing.
Here it may answer several at once, where the server it is shipped with would take one at a time.
"""

import argparse


def main() -> None:
    """Load what `/analyze` needs for one attribute, and serve on loopback."""
    parser = argparse.ArgumentParser(description="Serve DeepFace's API, to compare with.")
    parser.add_argument("--port", type=int, default=5005)
    port = parser.parse_args().port

    from deepface.commons import weight_utils

    weight_utils.download_weights_if_necessary = lambda file_name, **_: file_name
    weight_utils.load_model_weights = lambda model, weight_file: model  # noqa: ARG005 - called so

    from deepface.api.src.app import create_app
    from deepface.modules.modeling import build_model

    build_model("face_detector", "opencv")
    build_model("facial_attribute", "Gender")
    create_app().run(port=port)


if __name__ == "__main__":
    main()

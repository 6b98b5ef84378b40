"""Forms as browsers, phones and libraries write them: read, or refused with what is wrong."""

import pytest

from tests.inference_api.http.test_bad_requests import assert_problem

TYPE = "multipart/form-data; boundary=x"
NAMED = b'Content-Disposition: form-data; name="photo"; filename="a.jpg"\r\n\r\n'
END = b"\r\n--x--\r\n"
PHOTO = b"\0the photo's bytes\0"


def part(disposition: bytes, *headers: bytes, data: bytes = PHOTO) -> bytes:
    lines = [b"Content-Disposition: form-data; " + disposition, *headers]
    return b"--x\r\n" + b"\r\n".join(lines) + b"\r\n\r\n" + data


READ = {
    "plain": part(b'name="photo"; filename="a.jpg"') + END,
    "without a file name": part(b'name="photo"') + END,
    "without quotes": part(b"name=photo") + END,
    "as one of several": part(b'name="photo[]"; filename="a.jpg"') + END,
    "with an encoded file name alone": part(b"name=\"photo\"; filename*=UTF-8''%e2%82%ac.jpg")
    + END,
    "with quotes in its file name": part(b'filename="a\\"b; name=other.jpg"; name="photo"') + END,
    "with bytes in its file name": part(b'name="photo"; filename="\xff\xe9.jpg"') + END,
    "with its header folded": part(b'\r\n name="photo";\r\n\tfilename="a.jpg"') + END,
    "with a type of its own": part(b'name="photo"', b"Content-Type: image/heic") + END,
    "behind a preamble": b"A form.\r\nIt has --x in it.\r\n" + part(b'name="photo"') + END,
    "behind an empty line": b"\r\n" + part(b'name="photo"') + END,
    "before an epilogue": part(b'name="photo"') + END + b"--x\r\nmore",
    "without the last line's end": part(b'name="photo"') + END.rstrip(),
    "with blanks behind the boundary": part(b'name="photo"').replace(b"--x", b"--x \t") + END,
    "behind an empty field": part(b'name="photo"', data=b"")
    + b"\r\n"
    + part(b'name="photo"')
    + END,
    "behind another field": part(b'name="chat"', data=b"7") + b"\r\n" + part(b'name="photo"') + END,
    "before another photo": part(b'name="photo"')
    + b"\r\n"
    + part(b'name="photo"', data=b"2")
    + END,
    "behind a part without headers": b"--x\r\n\r\nnothing\r\n" + part(b'name="photo"') + END,
}


@pytest.mark.parametrize("body", READ.values(), ids=READ.keys())
def test_the_photo_of_a_form_is_read(client, scene, body):
    answer = client.post(
        "/v1/predict", content=body.replace(PHOTO, scene.jpeg), headers={"content-type": TYPE}
    )
    assert answer.status_code == 200, answer.text
    assert len(answer.json()["faces"]) == 1


def test_a_boundary_may_be_quoted_and_stand_in_the_photo(client, scene):
    boundary = scene.jpeg[30:40].hex()
    body = part(b'name="photo"', data=scene.jpeg + f"--{boundary}".encode())
    body = (body + END).replace(b"--x", b"--" + boundary.encode())
    headers = {"content-type": f'multipart/form-data; boundary="{boundary}"'}
    assert client.post("/v1/predict", content=body, headers=headers).status_code == 200


REFUSED = {
    "no boundary in the type": ("multipart/form-data", READ["plain"], "names no boundary"),
    "no boundary in the body": (TYPE, b"photo", "is not in the form"),
    "cut": (TYPE, part(b'name="photo"'), "ends before its last boundary"),
    "no part": (TYPE, b"--x--\r\n", "fields: none"),
    "another field": (TYPE, part(b'name="image"') + END, "fields: image"),
    "an empty field": (TYPE, part(b'name="photo"', data=b"") + END, "photo, which is empty"),
    "headers alone": (TYPE, b"--x\r\n" + NAMED[:-4] + END, "photo, which is empty"),
    "encoded as text": (
        TYPE,
        part(b'name="photo"', b"Content-Transfer-Encoding: base64", data=b"AAAA") + END,
        "encoded as 'base64'",
    ),
    "too many parts": (TYPE, b"--x\r\n\r\n\r\n" * 18 + READ["plain"], "more than 16 parts"),
    "headers without end": (TYPE, b"--x\r\n" + b"a" * 9_000 + END, "no end of its headers"),
}


@pytest.mark.parametrize(("content_type", "body", "why"), REFUSED.values(), ids=REFUSED.keys())
def test_a_form_that_is_refused_hears_why(client, content_type, body, why):
    answer = client.post("/v1/predict", content=body, headers={"content-type": content_type})
    assert why in assert_problem(answer, 400, "malformed_request")["detail"]

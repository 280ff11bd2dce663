"""What all tests share."""

import json
import os
import signal
import urllib.request

import pytest
from hypothesis import settings

# Machines are noisy: an example that takes long once is no failure. The examples are the same in every run, so that a
# change is judged by what it changed; `HYPOTHESIS_PROFILE=search` looks for new ones.
settings.register_profile("m3w", deadline=None, max_examples=50, derandomize=True)
settings.register_profile("search", deadline=None, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "m3w"))

# What a shell starts in the background may be deaf to Ctrl-C, and with it every process that a test starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


COLOURS = {"red": (200, 30, 30), "green": (30, 170, 40), "blue": (30, 50, 210), "yellow": (230, 210, 30)}


@pytest.fixture(scope="module")
def s3_address():
    """The address of an empty S3 service on the loopback; what it holds is the process's, so it is emptied before."""
    pytest.importorskip("s3fs")
    server = pytest.importorskip("moto.server").ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    urllib.request.urlopen(urllib.request.Request(f"http://{host}:{port}/moto-api/reset", method="POST")).close()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="session")
def tiny_clip(tmp_path_factory) -> str:
    """The name of an open_clip model trained here, in seconds, on plain pictures and the words for their colours."""
    import open_clip
    import torch

    folder = tmp_path_factory.mktemp("tiny-clip")
    sizes = {
        "embed_dim": 32,
        "vision_cfg": {"image_size": 32, "layers": 1, "width": 32, "head_width": 16, "patch_size": 16},
        "text_cfg": {"context_length": 16, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 1},
    }
    preprocess = {"mean": [0.5] * 3, "std": [0.5] * 3, "size": [32, 32]}
    (folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": sizes, "preprocess_cfg": preprocess}))
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    model = open_clip.CLIP(**sizes)
    optimiser = torch.optim.AdamW(model.parameters(), lr=5e-3)
    tokens = open_clip.SimpleTokenizer(context_length=16)([f"a {name} sheet" for name in COLOURS])
    pictures = torch.tensor(list(COLOURS.values())).view(-1, 3, 1, 1).expand(-1, -1, 32, 32) / 127.5 - 1
    for _ in range(60):
        seen, said, scale = model(pictures, tokens)[:3]
        logits = scale * seen @ said.T
        loss = torch.nn.functional.cross_entropy(logits, torch.arange(len(COLOURS)))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    torch.set_num_threads(threads)
    torch.save(model.state_dict(), folder / "open_clip_pytorch_model.bin")
    return f"local-dir:{folder}"

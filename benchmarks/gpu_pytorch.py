"""Times what benchmarks/gpu times, in PyTorch in eager mode: one line "time<TAB>name<TAB>milliseconds" each."""

import sys
import time

import torch
import torch.nn.functional as F

precision, shapes, heads, head_shapes, layers, resolution, context, repeat = sys.argv[1:]
heads, layers, resolution, context, repeat = map(int, (heads, layers, resolution, context, repeat))
device = "cuda" if torch.cuda.is_available() else "cpu"
torch.backends.cuda.matmul.allow_tf32 = precision == "tf32"
torch.backends.cudnn.allow_tf32 = precision == "tf32"
dtype = torch.bfloat16 if precision == "bf16" else torch.float32
torch.manual_seed(0)


def wait():
    if device == "cuda":
        torch.cuda.synchronize()


def timed(name, work):
    """Median of the runs that count, after three that do not."""
    for _ in range(3):
        work()
    times = []
    for _ in range(repeat):
        wait()
        start = time.perf_counter()
        work()
        wait()
        times.append(time.perf_counter() - start)
    print(f"time\t{name}\t{1000 * sorted(times)[len(times) // 2]:.4f}", flush=True)


def random(*dims):
    return torch.rand(*dims, device=device, dtype=dtype) * 2 - 1


class LoRA(torch.nn.Module):
    """A linear layer, with an adapter of rank 32 where one is trained."""

    def __init__(self, inputs, outputs, rank=0):
        super().__init__()
        self.base = torch.nn.Linear(inputs, outputs, device=device, dtype=dtype).requires_grad_(False)
        self.rank = rank
        if rank:
            self.a = torch.nn.Parameter(random(rank, inputs) * 0.02)
            self.b = torch.nn.Parameter(torch.zeros(outputs, rank, device=device, dtype=dtype))

    def forward(self, x):
        y = self.base(x)
        return y + F.linear(F.linear(x, self.a), self.b) if self.rank else y


class Attention(torch.nn.Module):
    """Attention of two streams together, or of one, with RMS norm of queries and keys."""

    def __init__(self, width, streams, rank):
        super().__init__()
        self.qkv = torch.nn.ModuleList(
            torch.nn.ModuleList(LoRA(width, width, rank) for _ in range(3)) for _ in range(streams)
        )
        self.out = torch.nn.ModuleList(LoRA(width, width, rank) for _ in range(streams))
        self.norm = torch.nn.RMSNorm(64, eps=1e-6, device=device, dtype=dtype).requires_grad_(False)

    def forward(self, streams):
        rows = []
        for x, own in zip(streams, self.qkv):
            q, k, v = (f(x).unflatten(-1, (-1, 64)).transpose(1, 2) for f in own)
            rows.append((self.norm(q), self.norm(k), v))
        q, k, v = (torch.cat(parts, 2) for parts in zip(*rows))
        y = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)
        parts = y.split([x.shape[1] for x in streams], 1)
        return [f(x) for f, x in zip(self.out, parts)]


class Block(torch.nn.Module):
    """A block of Stable Diffusion 3.5 Medium with a second attention of the image; the last drops the text."""

    def __init__(self, width, rank, last):
        super().__init__()
        self.last = last
        self.image = LoRA(width, 9 * width)
        self.text = LoRA(width, (2 if last else 6) * width)
        self.joint = Attention(width, 2, rank)
        self.own = Attention(width, 1, rank)
        self.ff = torch.nn.ModuleList(
            torch.nn.Sequential(LoRA(width, 4 * width), torch.nn.GELU("tanh"), LoRA(4 * width, width))
            for _ in range(1 if last else 2)
        )

    def forward(self, image, text, conditioning):
        norm = lambda x: F.layer_norm(x, x.shape[-1:], eps=1e-6)
        m = self.image(conditioning).unsqueeze(1).chunk(9, -1)
        t = self.text(conditioning).unsqueeze(1).chunk(2 if self.last else 6, -1)
        n = norm(image)
        a, b = self.joint([n * (1 + m[1]) + m[0], norm(text) * (1 + t[1]) + t[0]])
        second = self.own([n * (1 + m[7]) + m[6]])[0]
        image = image + m[2] * a + m[8] * second
        image = image + m[5] * self.ff[0](norm(image) * (1 + m[4]) + m[3])
        if not self.last:
            text = text + t[2] * b
            text = text + t[5] * self.ff[1](norm(text) * (1 + t[4]) + t[3])
        return image, text


for shape in shapes.split(","):
    m, n, k = map(int, shape.split("x"))
    x, w = random(m, k), random(n, k)
    timed(f"matmul {shape}", lambda: F.linear(x, w))

for tokens in map(int, head_shapes.split()):
    q, k, v = (random(1, heads, tokens, 64) for _ in range(3))
    timed(
        f"attention 1x{tokens} tokens, {heads}x64",
        lambda: F.scaled_dot_product_attention(q, k, v),
    )

width = 64 * 24
tokens = (resolution // 16) ** 2
name = f"{layers} layers, {resolution}², batch 1"
for kind, rank in (("forward", 0), ("train", 32)):
    blocks = [Block(width, rank, i == layers - 1) for i in range(layers)]
    image, text, conditioning = random(1, tokens, width), random(1, context, width), random(1, width)

    def run():
        a, b = image, text
        for block in blocks:
            a, b = block(a, b, conditioning)
        return a

    def forward():
        with torch.no_grad():
            run()

    def step():
        for block in blocks:
            block.zero_grad(set_to_none=True)
        run().square().mean().backward()

    timed(f"{kind} {name}", forward if rank == 0 else step)
if device == "cuda":
    print(f"memory\t{torch.cuda.max_memory_allocated() >> 20} MiB")

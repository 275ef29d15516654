"""A reward: how bright a picture is, from 0 to 1. Needs Pillow."""
import json
import sys

from PIL import Image

for line in sys.stdin:
    question = json.loads(line)  # {"id": 0, "prompt": "...", "metadata": {}, "image": "file.png"}
    grey = Image.open(question["image"]).convert("L")
    score = sum(grey.getdata()) / (255 * grey.width * grey.height)
    print(json.dumps({"id": question["id"], "score": score}), flush=True)

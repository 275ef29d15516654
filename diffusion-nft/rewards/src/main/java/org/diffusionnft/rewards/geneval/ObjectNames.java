package org.diffusionnft.rewards.geneval;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.diffusionnft.weights.io.TextFile;
import org.diffusionnft.weights.mask2former.Mask2FormerCheckpoint;

/** GenEval's names of a detector's classes, as used in prompts. */
public final class ObjectNames {
  /** COCO's thing classes as in GenEval's {@code object_names.txt}. */
  public static final List<String> GENEVAL =
      List.of(
          "person",
          "bicycle",
          "car",
          "motorcycle",
          "airplane",
          "bus",
          "train",
          "truck",
          "boat",
          "traffic light",
          "fire hydrant",
          "stop sign",
          "parking meter",
          "bench",
          "bird",
          "cat",
          "dog",
          "horse",
          "sheep",
          "cow",
          "elephant",
          "bear",
          "zebra",
          "giraffe",
          "backpack",
          "umbrella",
          "handbag",
          "tie",
          "suitcase",
          "frisbee",
          "skis",
          "snowboard",
          "sports ball",
          "kite",
          "baseball bat",
          "baseball glove",
          "skateboard",
          "surfboard",
          "tennis racket",
          "bottle",
          "wine glass",
          "cup",
          "fork",
          "knife",
          "spoon",
          "bowl",
          "banana",
          "apple",
          "sandwich",
          "orange",
          "broccoli",
          "carrot",
          "hot dog",
          "pizza",
          "donut",
          "cake",
          "chair",
          "couch",
          "potted plant",
          "bed",
          "dining table",
          "toilet",
          "tv",
          "laptop",
          "computer mouse",
          "tv remote",
          "computer keyboard",
          "cell phone",
          "microwave",
          "oven",
          "toaster",
          "sink",
          "refrigerator",
          "book",
          "clock",
          "vase",
          "scissors",
          "teddy bear",
          "hair drier",
          "toothbrush");

  /** COCO's names that differ. */
  private static final Map<String, String> RENAMED =
      Map.of("mouse", "computer mouse", "remote", "tv remote", "keyboard", "computer keyboard");

  private ObjectNames() {}

  /**
   * The names of a checkpoint's classes: those of its configuration, converted to GenEval's, or
   * GenEval's own if it has none, as for the detector of GenEval's instructions.
   *
   * @throws IOException if there are no names, and the number of classes differs from GenEval's
   */
  public static List<String> of(Mask2FormerCheckpoint checkpoint) throws IOException {
    List<String> labels = checkpoint.labels();
    boolean named = labels.stream().anyMatch(label -> !label.matches("LABEL_\\d+"));
    int classes = checkpoint.config().classes();
    if (named) {
      return labels.stream().map(label -> RENAMED.getOrDefault(label, label)).toList();
    }
    if (classes != GENEVAL.size()) {
      throw new IOException(
          ("%s: tells %d classes apart and names none of them, where GenEval's detector has the %d"
                  + " of COCO: name them in a text file, one a line, and the file under 'labels'")
              .formatted(checkpoint.tensors().path(), classes, GENEVAL.size()));
    }
    return GENEVAL;
  }

  /**
   * Names from a text file, one per line.
   *
   * @throws IOException if it cannot be read, or the number of names differs from the checkpoint's
   *     classes
   */
  public static List<String> read(Path file, Mask2FormerCheckpoint checkpoint) throws IOException {
    List<String> names = TextFile.read(file).lines().map(String::strip).toList();
    int classes = checkpoint.config().classes();
    if (names.size() != classes || names.stream().anyMatch(String::isEmpty)) {
      throw new IOException(
          "%s: has %d lines, but the detector in %s tells %d classes apart: a name for each is needed"
              .formatted(file, names.size(), checkpoint.tensors().path(), classes));
    }
    return names;
  }
}

package org.diffusionnft.rewards.ocr;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.diffusionnft.images.BilinearResize;
import org.diffusionnft.images.Pixels;
import org.diffusionnft.onnx.OnnxNetwork;
import org.diffusionnft.onnx.value.NdArray;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Shape;

/**
 * Reads pictures of one line each. They are batched by six, narrow ones first, and padded to a
 * common width, so a result depends on the rest of its batch.
 */
public final class TextRecognizer {
  private final OnnxNetwork network;
  private final Vocabulary vocabulary;
  private final Format format;

  /**
   * The format of the network's input.
   *
   * @param height of all pictures
   * @param width minimum width
   * @param batch batch size
   */
  public record Format(int height, int width, int batch) {
    /** PaddleOCR's format. */
    public static final Format PADDLE = new Format(48, 320, 6);
  }

  /**
   * @param network from {@code [N, 3, H, W]} to probabilities {@code [N, T, classes]}
   */
  public TextRecognizer(OnnxNetwork network, Vocabulary vocabulary, Format format) {
    this.network = network;
    this.vocabulary = vocabulary;
    this.format = format;
  }

  /**
   * A batch of pictures.
   *
   * @param order indices of the pictures
   * @param pixels {@code [N, 3, H, W]}
   */
  public record Batch(List<Integer> order, NdArray pixels) {}

  /** Splits all pictures into batches. */
  public static List<Batch> batches(List<Pixels> lines, Format format) {
    List<Integer> order =
        IntStream.range(0, lines.size())
            .boxed()
            .sorted(Comparator.comparingDouble(i -> ratio(lines.get(i))))
            .toList();
    List<Batch> batches = new ArrayList<>();
    for (int first = 0; first < order.size(); first += format.batch()) {
      List<Integer> some = order.subList(first, Math.min(order.size(), first + format.batch()));
      double widest = (double) format.width() / format.height();
      for (int i : some) {
        widest = Math.max(widest, ratio(lines.get(i)));
      }
      int width = (int) (format.height() * widest);
      int size = 3 * format.height() * width;
      float[] pixels = new float[some.size() * size];
      for (int i = 0; i < some.size(); i++) {
        fill(lines.get(some.get(i)), format.height(), width, pixels, i * size);
      }
      batches.add(
          new Batch(
              some, NdArray.floats(Shape.of(some.size(), 3, format.height(), width), pixels)));
    }
    return batches;
  }

  private static double ratio(Pixels line) {
    return (double) line.width() / line.height();
  }

  private static void fill(Pixels line, int height, int width, float[] to, int start) {
    int wanted = (int) Math.ceil(height * ratio(line));
    int own = Math.max(1, Math.min(wanted, width));
    Pixels small = BilinearResize.resize(line, own, height);
    for (int c = 0; c < 3; c++) {
      for (int y = 0; y < height; y++) {
        for (int x = 0; x < own; x++) {
          float value = (small.rgb()[(y * own + x) * 3 + c] & 0xff) / 255f;
          to[start + (c * height + y) * width + x] = (value - 0.5f) / 0.5f;
        }
      }
    }
  }

  /** Reads the text of each picture. */
  public List<Vocabulary.Line> read(List<Pixels> lines) {
    Vocabulary.Line[] out = new Vocabulary.Line[lines.size()];
    String input = network.inputs().getFirst().name();
    String output = network.outputs().getFirst().name();
    for (Batch batch : batches(lines, format)) {
      if (!(network.run(Map.of(input, batch.pixels())).get(output) instanceof NdArray prob)
          || prob.rank() != 3
          || prob.dim(2) != vocabulary.size()) {
        throw new InvalidInputException(
            "the text recognition network does not give a probability for each of the %d entries of"
                    .formatted(vocabulary.size())
                + " its dictionary at each place: give the dictionary that belongs to it");
      }
      for (int i = 0; i < batch.order().size(); i++) {
        out[batch.order().get(i)] = vocabulary.decode(prob.floats(), i * prob.dim(1), prob.dim(1));
      }
    }
    return List.of(out);
  }
}

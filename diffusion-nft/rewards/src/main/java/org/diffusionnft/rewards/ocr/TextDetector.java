package org.diffusionnft.rewards.ocr;

import java.util.List;
import java.util.Map;
import org.diffusionnft.images.BilinearResize;
import org.diffusionnft.images.Pixels;
import org.diffusionnft.onnx.OnnxNetwork;
import org.diffusionnft.onnx.value.NdArray;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Shape;

/**
 * Finds texts: a network predicts for every pixel whether it belongs to one, and boxes are derived
 * from that.
 */
public final class TextDetector {
  private static final int MULTIPLE = 32;
  private static final float[] MEAN = {0.485f, 0.456f, 0.406f};
  private static final float[] DEVIATION = {0.229f, 0.224f, 0.225f};

  private final OnnxNetwork network;
  private final int longest;

  /**
   * @param network from one picture {@code [1, 3, H, W]} to its map {@code [1, 1, H, W]}
   * @param longest maximum side; larger pictures are shrunk
   */
  public TextDetector(OnnxNetwork network, int longest) {
    this.network = network;
    this.longest = longest;
  }

  /** The picture resized for the network: sides are multiples of 32. */
  public static Pixels resized(Pixels picture, int longest) {
    int most = Math.max(picture.width(), picture.height());
    double ratio = most > longest ? (double) longest / most : 1;
    return BilinearResize.resize(
        picture, side((int) (picture.width() * ratio)), side((int) (picture.height() * ratio)));
  }

  private static int side(int pixels) {
    return Math.max(MULTIPLE, (int) Math.rint(pixels / (double) MULTIPLE) * MULTIPLE);
  }

  /**
   * The network's input: red, green and blue, each normalised by its mean and standard deviation.
   */
  public static float[] normalised(Pixels picture) {
    int area = picture.width() * picture.height();
    float[] out = new float[3 * area];
    for (int i = 0; i < out.length; i++) {
      int c = i / area;
      float value = (picture.rgb()[i % area * 3 + c] & 0xff) * (1f / 255);
      out[i] = (value - MEAN[c]) / DEVIATION[c];
    }
    return out;
  }

  /** The boxes of a picture's texts, in reading order. */
  public List<Quad> find(Pixels picture) {
    Pixels small = resized(picture, longest);
    NdArray pixels =
        NdArray.floats(Shape.of(1, 3, small.height(), small.width()), normalised(small));
    String input = network.inputs().getFirst().name();
    String output = network.outputs().getFirst().name();
    if (network.run(Map.of(input, pixels)).get(output) instanceof NdArray map
        && map.count() == small.width() * small.height()) {
      return TextBoxes.find(
              map.floats(),
              small.width(),
              small.height(),
              picture.width(),
              picture.height(),
              TextBoxes.Rules.PADDLE)
          .inReadingOrder(picture.width(), picture.height());
    }
    throw new InvalidInputException(
        "the text detector does not give one number for each pixel of its picture: give a DB"
            + " detector of PP-OCR");
  }
}

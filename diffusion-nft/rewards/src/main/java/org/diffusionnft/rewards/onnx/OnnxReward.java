package org.diffusionnft.rewards.onnx;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.diffusionnft.images.Images;
import org.diffusionnft.onnx.OnnxNetwork;
import org.diffusionnft.onnx.value.NdArray;
import org.diffusionnft.onnx.value.Value;
import org.diffusionnft.rewards.ConfiguredRewardProvider;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.rewards.Reward;
import org.diffusionnft.rewards.RewardOptions;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Opening;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.weights.onnx.OnnxGraph.Port;

/** Scores pictures with a network exported to ONNX: one number per picture. */
public final class OnnxReward implements Reward {
  private final Device device;
  private final OnnxNetwork network;
  private final Path file;
  private final PicturePreparation preparation;
  private final String output;
  private final int column;

  private OnnxReward(
      Device device,
      OnnxNetwork network,
      Path file,
      PicturePreparation preparation,
      String output,
      int column) {
    this.device = device;
    this.network = network;
    this.file = file;
    this.preparation = preparation;
    this.output = output;
    this.column = column;
  }

  /** {@code onnx}. */
  public static final class Provider implements ConfiguredRewardProvider {
    @Override
    public String name() {
      return "onnx";
    }

    @Override
    public String description() {
      return "the number that your own network gives a picture, from an ONNX file";
    }

    @Override
    public Reward open(RewardOptions options) {
      Path file = Path.of(options.require("model", "the ONNX file of a network"));
      PicturePreparation preparation = PicturePreparation.of(options);
      String output = options.text("output", "");
      int column = (int) options.number("column", 0, 0, Integer.MAX_VALUE);
      try (Opening opening = new Opening()) {
        Device own = opening.add(options.openDevice());
        options.refuseOthers();
        OnnxNetwork network = OnnxNetwork.load(file, own);
        String chosen = output(options.reward(), network, output);
        if (network.inputs().size() != 1) {
          throw new InvalidInputException(
              "reward '%s': %s takes %d inputs, and a picture is one: export a network of pictures"
                  .formatted(options.reward(), file, network.inputs().size()));
        }
        OnnxReward reward = new OnnxReward(own, network, file, preparation, chosen, column);
        tried(options.reward(), reward);
        return opening.done(reward);
      } catch (IOException e) {
        throw new InvalidInputException(
            "reward '%s': %s".formatted(options.reward(), e.getMessage()), e);
      }
    }

    /**
     * Tests the network on a picture now, so that errors are not found only after the first
     * sampling.
     */
    private static void tried(String name, OnnxReward reward) {
      try {
        reward.given(new Images(new float[3], 3, 1, 1), 0);
      } catch (InvalidInputException e) {
        throw new InvalidInputException("reward '%s': %s".formatted(name, e.getMessage()), e);
      }
    }

    private static String output(String reward, OnnxNetwork network, String wanted) {
      List<String> names = network.outputs().stream().map(Port::name).toList();
      if (names.isEmpty()) {
        throw new InvalidInputException(
            "reward '%s': the network gives nothing: export one with an output".formatted(reward));
      }
      if (wanted.isEmpty()) {
        return names.getFirst();
      }
      if (!names.contains(wanted)) {
        throw new InvalidInputException(
            "rewards.%s.output names '%s', and the network gives %s"
                .formatted(reward, wanted, String.join(", ", names)));
      }
      return wanted;
    }
  }

  @Override
  public float[] score(Images images, List<Prompt> prompts) {
    float[] scores = new float[images.count()];
    for (int i = 0; i < scores.length; i++) {
      scores[i] = given(images, i);
      if (!Float.isFinite(scores[i])) {
        throw new InvalidInputException(
            "%s: the network gave %s, which is no score%s"
                .formatted(file, scores[i], network.notANumber()));
      }
    }
    return scores;
  }

  /** The network's number for a picture, which may not be finite. */
  private float given(Images images, int i) {
    int side = preparation.size();
    NdArray pixels = NdArray.floats(Shape.of(1, 3, side, side), preparation.prepare(images, i));
    Value value = network.run(Map.of(network.inputs().getFirst().name(), pixels)).get(output);
    if (value instanceof NdArray array && array.type().isFloating() && column < array.count()) {
      return (float) array.toDoubles()[column];
    }
    throw new InvalidInputException(
        "%s: output '%s' is %s, and number %d of it was wanted"
            .formatted(file, output, value, column));
  }

  @Override
  public void close() {
    device.close();
  }
}

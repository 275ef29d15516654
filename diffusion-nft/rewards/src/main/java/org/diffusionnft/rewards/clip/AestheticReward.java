package org.diffusionnft.rewards.clip;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.diffusionnft.images.Images;
import org.diffusionnft.models.clip.LinearHead;
import org.diffusionnft.rewards.ConfiguredRewardProvider;
import org.diffusionnft.rewards.Prompt;
import org.diffusionnft.rewards.Reward;
import org.diffusionnft.rewards.RewardFiles;
import org.diffusionnft.rewards.RewardOptions;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Opening;
import org.diffusionnft.weights.CheckpointWeights;
import org.diffusionnft.weights.TensorSource;
import org.diffusionnft.weights.torch.TensorFiles;

/** How much people like a picture, whatever it shows: the improved aesthetic predictor. */
public final class AestheticReward implements Reward {
  private static final int LAYERS = 5;

  private final ClipScoring clip;
  private final LinearHead head;

  private AestheticReward(ClipScoring clip, LinearHead head) {
    this.clip = clip;
    this.head = head;
  }

  /** {@code aesthetic}. */
  public static final class Provider implements ConfiguredRewardProvider {
    @Override
    public String name() {
      return "aesthetic";
    }

    @Override
    public String description() {
      return "how well people like a picture, about 1 to 10, by a head on CLIP ViT-L/14";
    }

    @Override
    public Reward open(RewardOptions options) {
      Path file =
          RewardFiles.require(
              options,
              "head",
              "the aesthetic head",
              List.of(
                  "sac+logos+ava1-l14-linearMSE.safetensors", "sac+logos+ava1-l14-linearMSE.pth"),
              "github.com/christophschuhmann/improved-aesthetic-predictor");
      try (Opening opening = new Opening()) {
        ClipScoring clip = opening.add(ClipModels.CLIP_L.open(options));
        options.refuseOthers();
        return opening.done(new AestheticReward(clip, head(options, file, clip)));
      }
    }

    private static LinearHead head(RewardOptions options, Path file, ClipScoring clip) {
      try (TensorSource source = TensorFiles.open(file)) {
        int[] widths = new int[LAYERS];
        widths[0] = clip.width();
        for (int i = 1; i < LAYERS; i++) {
          widths[i] = source.shape(LinearHead.weight(i - 1)).intDim(0);
        }
        return LinearHead.load(widths, new CheckpointWeights(source, clip.device()));
      } catch (IOException e) {
        throw new InvalidInputException(
            "reward '%s': %s".formatted(options.reward(), e.getMessage()), e);
      }
    }
  }

  @Override
  public float[] score(Images images, List<Prompt> prompts) {
    double[][] pictures =
        clip.pictures(images.count(), i -> clip.preprocessing().ofPixels(images.pixels(i)));
    float[] scores = new float[pictures.length];
    for (int i = 0; i < scores.length; i++) {
      scores[i] = (float) head.apply(pictures[i]);
    }
    return scores;
  }

  @Override
  public void close() {
    clip.close();
  }
}

package org.diffusionnft.studies.benchmark;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.diffusionnft.images.PictureFile;
import org.diffusionnft.images.PixelFont;
import org.diffusionnft.images.Png;
import org.diffusionnft.images.Sheet;

/** The first pictures of all policies: a row for each prompt, a column for each policy. */
final class ContactSheet {
  /** Rows of a sheet. */
  static final int ROWS = 12;

  private static final int SIDE = 192;
  private static final int GAP = 8;
  private static final int CAPTION = 5 * PixelFont.LINE;
  private static final int TOP = 28;
  private static final int MOST_COLUMNS = 12;
  private static final int INK = 0xff303030;

  private ContactSheet() {}

  /** The sheet as a PNG. */
  static byte[] png(BenchmarkFolder folder, Results results, int kept) throws IOException {
    List<Policy> policies =
        results.policies().subList(0, Math.min(results.policies().size(), MOST_COLUMNS));
    Sheet layout =
        new Sheet(policies.size(), SIDE, SIDE)
            .withGap(GAP)
            .withCaptions(CAPTION)
            .withMargin(TOP, GAP, GAP, GAP);
    List<BufferedImage> pictures = new ArrayList<>();
    List<String> captions = new ArrayList<>();
    for (int i = 0; i < Math.min(Math.min(kept, ROWS), results.prompts().size()); i++) {
      for (Policy policy : policies) {
        pictures.add(PictureFile.read(folder.picture(policy, i)));
        captions.add(scores(results, policy, i) + ": " + results.prompts().get(i).text());
      }
    }
    BufferedImage sheet = layout.draw(pictures, captions);
    for (int i = 0; i < policies.size(); i++) {
      PixelFont.write(sheet, policies.get(i).name(), layout.x(i), GAP, SIDE, TOP - GAP, INK);
    }
    return Png.encode(sheet);
  }

  private static String scores(Results results, Policy policy, int picture) {
    List<String> numbers = new ArrayList<>();
    for (Map.Entry<String, double[]> reward : results.of(policy).entrySet()) {
      numbers.add(
          String.format(Locale.ROOT, "%s %.3g", reward.getKey(), reward.getValue()[picture]));
    }
    return String.join(", ", numbers);
  }
}

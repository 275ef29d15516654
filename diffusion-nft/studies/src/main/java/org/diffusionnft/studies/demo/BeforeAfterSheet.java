package org.diffusionnft.studies.demo;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.diffusionnft.images.PixelFont;
import org.diffusionnft.images.Sheet;
import org.diffusionnft.shapes.Judge;
import org.diffusionnft.shapes.ShapesPictures;
import org.diffusionnft.shapes.ShapesWorld;
import org.diffusionnft.shapes.evaluation.HeldOut;

/**
 * The pictures of each contender for the same prompts and noise, one above the other. A green frame
 * means that the judge found everything correct, a red one that it did not.
 */
final class BeforeAfterSheet {
  private static final int COLUMNS = 12;
  private static final int BLOCKS = 3;
  private static final int SCALE = 4;
  private static final int SIDE = ShapesWorld.SIZE * SCALE;
  private static final int GAP = 10;
  private static final int FRAME = 3;
  private static final int LABEL = 100;
  private static final int CAPTION = 43;
  private static final int TOP = 52;
  private static final String FRAMES =
      "Green frame: the judge found everything right. Red frame: something is wrong.";
  private static final int INK = 0xff303030;
  private static final Color RIGHT = new Color(0x2e, 0xa0, 0x43);
  private static final Color WRONG = new Color(0xd0, 0x6a, 0x5c);

  private final HeldOut heldOut;
  private final Map<Contender, HeldOut.Outcome> outcomes;

  BeforeAfterSheet(HeldOut heldOut, Map<Contender, HeldOut.Outcome> outcomes) {
    this.heldOut = heldOut;
    this.outcomes = outcomes;
  }

  BufferedImage draw() {
    int count = Math.min(COLUMNS * BLOCKS, heldOut.prompts().size());
    int height = outcomes.size() * (SIDE + GAP) - GAP + FRAME;
    Sheet layout =
        new Sheet(COLUMNS, SIDE, height)
            .withGap(GAP)
            .withCaptions(CAPTION)
            .withMargin(TOP, LABEL, GAP, 2 * GAP);
    List<BufferedImage> columns = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      columns.add(column(i));
    }
    BufferedImage sheet = layout.draw(columns, heldOut.captions().subList(0, count));
    PixelFont.write(sheet, title(), GAP, 12, INK);
    PixelFont.write(sheet, FRAMES, GAP, 12 + PixelFont.LINE + 4, INK);
    Graphics2D graphics = sheet.createGraphics();
    graphics.setStroke(new BasicStroke(FRAME));
    for (int i = 0; i < count; i++) {
      int y = layout.y(i);
      for (Map.Entry<Contender, HeldOut.Outcome> row : outcomes.entrySet()) {
        if (i % COLUMNS == 0) {
          label(sheet, row.getKey().title(), y);
        }
        float[] image = row.getValue().images().get(i);
        boolean right = Judge.judge(heldOut.prompts().get(i), image).strict();
        graphics.setColor(right ? RIGHT : WRONG);
        graphics.drawRect(layout.x(i) - 2, y - 2, SIDE + 3, SIDE + 3);
        y += SIDE + GAP;
      }
    }
    graphics.dispose();
    return sheet;
  }

  /** All contenders' pictures for one prompt. */
  private BufferedImage column(int prompt) {
    return new Sheet(1, SIDE, SIDE)
        .withGap(GAP)
        .withMargin(0, 0, FRAME, 0)
        .draw(
            outcomes.values().stream()
                .map(outcome -> ShapesPictures.pixels(outcome.images().get(prompt)).toImage())
                .toList());
  }

  private static void label(BufferedImage sheet, String text, int y) {
    PixelFont.write(sheet, text, GAP, y + SIDE / 2 - 8, LABEL - 2 * GAP, SIDE, INK);
  }

  private String title() {
    List<String> scores = new ArrayList<>();
    outcomes.forEach(
        (contender, outcome) ->
            scores.add(
                String.format(
                    Locale.ROOT,
                    "%s %.1f%%",
                    contender.title(),
                    100 * outcome.scores().total().strict())));
    return String.format(
        Locale.ROOT,
        "Strict score on %d held-out prompts: %s",
        heldOut.prompts().size(),
        String.join(", ", scores));
  }
}

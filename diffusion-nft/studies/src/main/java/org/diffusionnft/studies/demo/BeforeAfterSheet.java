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
import org.diffusionnft.shapes.ContactSheet;
import org.diffusionnft.shapes.Judge;
import org.diffusionnft.shapes.ShapesPrompt;
import org.diffusionnft.shapes.ShapesWorld;
import org.diffusionnft.shapes.evaluation.HeldOut;

/**
 * What each contender made of the same prompts and the same noise, one above the other; a green
 * frame says that the judge found everything right, a red one that it did not.
 */
final class BeforeAfterSheet {
  private static final int COLUMNS = 12;
  private static final int BLOCKS = 3;
  private static final int SCALE = 4;
  private static final int SIDE = ShapesWorld.SIZE * SCALE;
  private static final int GAP = 10;
  private static final int LABEL = 100;
  private static final int CAPTION = 46;
  private static final int TOP = 34;
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
    int blocks = (count + COLUMNS - 1) / COLUMNS;
    int blockHeight = outcomes.size() * (SIDE + GAP) + CAPTION;
    BufferedImage sheet =
        new BufferedImage(
            LABEL + COLUMNS * (SIDE + GAP) + GAP,
            TOP + blocks * blockHeight,
            BufferedImage.TYPE_INT_RGB);
    Graphics2D g = sheet.createGraphics();
    g.setColor(Color.WHITE);
    g.fillRect(0, 0, sheet.getWidth(), sheet.getHeight());
    g.setStroke(new BasicStroke(3));
    PixelFont.write(sheet, title(), GAP, 12, INK);
    for (int i = 0; i < count; i++) {
      int x = LABEL + i % COLUMNS * (SIDE + GAP);
      int y = TOP + i / COLUMNS * blockHeight;
      ShapesPrompt prompt = heldOut.prompts().get(i);
      for (Map.Entry<Contender, HeldOut.Outcome> row : outcomes.entrySet()) {
        if (i % COLUMNS == 0) {
          write(sheet, row.getKey().title(), GAP, y + SIDE / 2 - 8, LABEL - 2 * GAP);
        }
        float[] image = row.getValue().images().get(i);
        g.drawImage(ContactSheet.picture(image), x, y, SIDE, SIDE, null);
        g.setColor(Judge.judge(prompt, image).strict() ? RIGHT : WRONG);
        g.drawRect(x - 2, y - 2, SIDE + 3, SIDE + 3);
        y += SIDE + GAP;
      }
      write(sheet, prompt.text(), x, y - 2, SIDE);
    }
    g.dispose();
    return sheet;
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

  /** Writes words in lines of a width. */
  private static void write(BufferedImage sheet, String text, int x, int y, int width) {
    int top = y;
    String line = "";
    for (String word : text.split(" ", -1)) {
      String longer = line.isEmpty() ? word : line + " " + word;
      if (PixelFont.width(longer) > width && !line.isEmpty()) {
        PixelFont.write(sheet, line, x, top, INK);
        top += PixelFont.LINE;
        longer = word;
      }
      line = longer;
    }
    PixelFont.write(sheet, line, x, top, INK);
  }
}

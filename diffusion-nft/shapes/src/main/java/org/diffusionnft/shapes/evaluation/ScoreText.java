package org.diffusionnft.shapes.evaluation;

import java.util.List;
import java.util.SequencedMap;
import org.diffusionnft.shapes.Category;
import org.diffusionnft.shapes.Miss;
import org.jspecify.annotations.Nullable;

/** Strict scores of several models side by side, in percent, with their 95 % intervals. */
public final class ScoreText {
  private static final int COLUMN = 22;

  private ScoreText() {}

  /**
   * A table with a row for each category, one for the total, one for relations alone, and one for
   * each reason why pictures miss the strict score.
   *
   * @param tables scores by column heading
   */
  public static String of(SequencedMap<String, ScoreTable> tables) {
    List<ScoreTable> columns = List.copyOf(tables.values());
    StringBuilder text = new StringBuilder(String.format("%-16s", "strict score, %"));
    tables.keySet().forEach(name -> text.append(String.format("%" + COLUMN + "s", name)));
    for (Category category : Category.values()) {
      text.append(String.format("%n%-16s", category.key()));
      columns.forEach(table -> text.append(cell(table.byCategory().get(category))));
    }
    text.append(String.format("%n%-16s", "total"));
    columns.forEach(table -> text.append(cell(table.total())));
    text.append(String.format("%n%-16s", "relation *"));
    columns.forEach(table -> text.append(cell(table.relation())));
    text.append(
        String.format(
            "%n* of the position pictures with the right objects, those in which it holds"));
    text.append(String.format("%n%npictures that miss it for"));
    for (Miss miss : Miss.values()) {
      text.append(String.format("%n%-16s", miss.label()));
      columns.forEach(
          table ->
              text.append(String.format("%" + COLUMN + "d", table.misses().getOrDefault(miss, 0))));
    }
    return text.toString();
  }

  private static String cell(@Nullable Score score) {
    if (score == null || score.samples() == 0) {
      return String.format("%" + COLUMN + "s", "-");
    }
    return String.format("%" + COLUMN + "s", score.interval().around(score.strict()));
  }
}

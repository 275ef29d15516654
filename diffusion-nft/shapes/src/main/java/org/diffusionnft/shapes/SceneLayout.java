package org.diffusionnft.shapes;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Creates random scenes for prompts.
 *
 * <p>Captions of collected pictures are often wrong, which is one reason why a base model follows
 * its prompt poorly without guidance. {@link #loose} imitates this: with a given probability, the
 * scene differs from its caption in one point.
 */
public final class SceneLayout {
  private static final int CELLS = (ShapesWorld.SIZE - ShapeKind.BOX) / ShapesWorld.PITCH + 1;
  private static final int MOST_OBJECTS = 4;

  /** The minimum distance of the centres in the requested direction, in pixels. */
  static final int CLEAR_DISTANCE = ShapeKind.BOX + 1;

  private final Draws draws;

  /** Layouts drawn from the given generator. */
  public SceneLayout(RandomGenerator random) {
    this.draws = new Draws(random);
  }

  /**
   * A scene that shows what the prompt asks for, or, with the given probability, differs in one
   * point: a colour, a shape, an object too many or too few, or the inverse relation.
   *
   * @param mistakes probability of a wrong scene, in [0, 1]
   */
  public Scene loose(ShapesPrompt prompt, double mistakes) {
    List<Item> items = objects(prompt);
    Relation relation = prompt.relation();
    if (draws.chance(mistakes)) {
      Mistake mistake = draws.of(possible(prompt));
      int which = draws.below(items.size());
      Item old = items.get(which);
      switch (mistake) {
        case COLOUR -> items.set(which, new Item(old.kind(), other(old.hue(), Hue.values())));
        case SHAPE -> items.set(which, new Item(other(old.kind(), ShapeKind.values()), old.hue()));
        case TOO_MANY -> items.add(new Item(draws.kind(), draws.hue()));
        case TOO_FEW -> {
          items.remove(which);
          relation = null;
        }
        case RELATION -> {
          Item first = items.removeFirst();
          items.addLast(first);
        }
      }
    }
    return place(items, relation);
  }

  private enum Mistake {
    COLOUR,
    SHAPE,
    TOO_MANY,
    TOO_FEW,
    RELATION
  }

  private record Item(ShapeKind kind, Hue hue) {}

  /**
   * The mistakes to draw from. An inverse relation is a quarter as frequent as each other mistake:
   * positions are decided at a few high noise levels, so relations are learned from far fewer
   * samples than shapes and colours, and not at all if many of these are wrong.
   */
  private static List<Mistake> possible(ShapesPrompt prompt) {
    List<Mistake> possible = new ArrayList<>(List.of(Mistake.SHAPE));
    if (prompt.phrases().getFirst().hue() != null) {
      possible.add(Mistake.COLOUR);
    }
    if (prompt.objectCount() < MOST_OBJECTS) {
      possible.add(Mistake.TOO_MANY);
    }
    if (prompt.objectCount() > 1) {
      possible.add(Mistake.TOO_FEW);
    }
    if (prompt.relation() != null) {
      List<Mistake> weighted = new ArrayList<>();
      possible.forEach(mistake -> weighted.addAll(Collections.nCopies(4, mistake)));
      weighted.add(Mistake.RELATION);
      return weighted;
    }
    return possible;
  }

  private List<Item> objects(ShapesPrompt prompt) {
    List<Item> items = new ArrayList<>();
    for (NounPhrase phrase : prompt.phrases()) {
      for (int i = 0; i < phrase.count(); i++) {
        Hue hue = phrase.hue();
        items.add(new Item(phrase.kind(), hue == null ? draws.hue() : hue));
      }
    }
    return items;
  }

  private <T> T other(T one, T[] all) {
    return draws.of(Stream.of(all).filter(item -> !item.equals(one)).toList());
  }

  private Scene place(List<Item> items, @Nullable Relation relation) {
    while (true) {
      List<PlacedShape> placed = new ArrayList<>();
      for (Item item : items) {
        List<PlacedShape> free = freePlaces(item, placed);
        if (free.isEmpty()) {
          break;
        }
        placed.add(draws.of(free));
      }
      if (placed.size() == items.size() && (relation == null || holds(relation, placed))) {
        return new Scene(placed);
      }
    }
  }

  private static List<PlacedShape> freePlaces(Item item, List<PlacedShape> placed) {
    List<PlacedShape> free = new ArrayList<>();
    for (int cell = 0; cell < CELLS * CELLS; cell++) {
      PlacedShape shape =
          new PlacedShape(
              item.kind(),
              item.hue(),
              cell % CELLS * ShapesWorld.PITCH,
              cell / CELLS * ShapesWorld.PITCH);
      if (placed.stream().noneMatch(shape::touches)) {
        free.add(shape);
      }
    }
    return free;
  }

  private static boolean holds(Relation relation, List<PlacedShape> placed) {
    PlacedShape first = placed.get(0);
    PlacedShape second = placed.get(1);
    return relation.distance(first.x(), first.y(), second.x(), second.y()) >= CLEAR_DISTANCE;
  }
}

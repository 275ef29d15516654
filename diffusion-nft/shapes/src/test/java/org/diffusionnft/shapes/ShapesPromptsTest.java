package org.diffusionnft.shapes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("slow")
class ShapesPromptsTest {
  @Test
  void trainingNeverMeetsAHeldOutPrompt() {
    Set<String> train = new HashSet<>();
    ShapesPrompts prompts = new ShapesPrompts(new SplittableRandom(2));
    for (int i = 0; i < 20_000; i++) {
      train.add(prompts.forTraining(PromptMix.GENEVAL).text());
    }
    for (ShapesPrompt prompt : ShapesPrompts.evaluationSet(3000, new SplittableRandom(3))) {
      assertFalse(train.contains(prompt.text()), prompt.text());
      assertTrue(ShapesPrompts.isHeldOut(prompt));
    }
  }

  @Test
  void everyCategoryHoldsOutAFifth() {
    Map<Category, Set<String>> train = new EnumMap<>(Category.class);
    Map<Category, Set<String>> held = new EnumMap<>(Category.class);
    ShapesPrompts prompts = new ShapesPrompts(new SplittableRandom(4));
    for (int i = 0; i < 60_000; i++) {
      ShapesPrompt prompt = prompts.forTraining(PromptMix.GENEVAL);
      train.computeIfAbsent(prompt.category(), key -> new HashSet<>()).add(prompt.text());
      ShapesPrompt other = prompts.heldOut(prompt.category());
      held.computeIfAbsent(other.category(), key -> new HashSet<>()).add(other.text());
    }
    for (Category category : Category.values()) {
      double kept = held.getOrDefault(category, Set.of()).size();
      double share = kept / (kept + train.getOrDefault(category, Set.of()).size());
      assertTrue(share > 0.15 && share < 0.27, category + " holds out " + share);
    }
  }

  @Test
  void trainingDrawsTheHardCategoriesMoreOften() {
    Map<Category, Integer> drawn = new EnumMap<>(Category.class);
    ShapesPrompts prompts = new ShapesPrompts(new SplittableRandom(8));
    for (int i = 0; i < 18_000; i++) {
      drawn.merge(prompts.forTraining(PromptMix.GENEVAL).category(), 1, Integer::sum);
    }
    assertEquals(7000, drawn.getOrDefault(Category.POSITION, 0), 300);
    assertEquals(5000, drawn.getOrDefault(Category.COUNTING, 0), 300);
    assertEquals(3000, drawn.getOrDefault(Category.COLOR_ATTR, 0), 300);
    assertEquals(1000, drawn.getOrDefault(Category.SINGLE_OBJECT, 0), 150);
  }

  @Test
  void anEvenMixDrawsAllCategoriesEquallyOften() {
    Map<Category, Integer> drawn = new EnumMap<>(Category.class);
    ShapesPrompts prompts = new ShapesPrompts(new SplittableRandom(8));
    for (int i = 0; i < 18_000; i++) {
      ShapesPrompt prompt = prompts.forTraining(PromptMix.of("shapes-even").orElseThrow());
      assertFalse(ShapesPrompts.isHeldOut(prompt), prompt.text());
      drawn.merge(prompt.category(), 1, Integer::sum);
    }
    for (Category category : Category.values()) {
      assertEquals(3000, drawn.getOrDefault(category, 0), 200, category.toString());
    }
    assertTrue(PromptMix.of("shapes-odd").isEmpty());
  }

  @Test
  void wordingsOfOneMeaningAreNotSplit() {
    ShapesPrompts prompts = new ShapesPrompts(new SplittableRandom(5));
    for (int i = 0; i < 2000; i++) {
      ShapesPrompt prompt = prompts.heldOut(Category.POSITION);
      String other = prompt.text().replace("a ", "one ");
      assertTrue(ShapesPrompts.isHeldOut(ShapesPrompt.parse(other)), other);
    }
  }

  @Test
  void theEvaluationSetIsFixed() {
    List<ShapesPrompt> set = ShapesPrompts.evaluationSet(516, new SplittableRandom(6));
    assertEquals(set, ShapesPrompts.evaluationSet(516, new SplittableRandom(6)));
    for (Category category : Category.values()) {
      assertEquals(86, set.stream().filter(prompt -> prompt.category() == category).count());
    }
    assertTrue(new HashSet<>(set).size() > 150, "distinct prompts");
  }
}

package org.diffusionnft.studies.course;

import java.awt.image.BufferedImage;
import java.util.List;
import java.util.Set;
import org.diffusionnft.models.solver.FlowSolver;
import org.diffusionnft.models.solver.Solver;
import org.diffusionnft.studies.course.Trial.Knob;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Philox;
import org.diffusionnft.trainer.nft.LossWeighting;

/** The chapters of the course and their pictures. */
public enum Chapter {
  /** Noise flows to images. */
  FLOW_MATCHING("Flow matching", Knob.STEPS) {
    @Override
    BufferedImage picture(Trial trial) {
      ToyWorld world = ToyWorld.eight();
      List<List<Vector2>> paths = solver(trial.steps(FINE)).paths(old(world), 160);
      Panel ways = new Panel("noise (grey) flows to images (blue)");
      paths.forEach(path -> ways.path(path, Panel.GREY));
      ways.points(paths.stream().map(List::getFirst).toList(), Panel.GREY);
      ways.points(paths.stream().map(List::getLast).toList(), Panel.BLUE);
      return Panel.sheet(
          2,
          ways,
          noised(world, 0.9, "t = 0.9: nearly noise, one way for all"),
          noised(world, 0.5, "t = 0.5: the ways part"),
          noised(world, 0.15, "t = 0.15: each to its own"));
    }

    private Panel noised(ToyWorld world, double t, String title) {
      return new Panel(title)
          .points(forward(EXACT.images(old(world), 600), t), Panel.GREY)
          .field(old(world), t, 0.12, Panel.BLUE);
    }
  },

  /** Another field, other images. */
  POLICIES("Policies as velocity fields", Knob.GOOD) {
    @Override
    BufferedImage picture(Trial trial) {
      ToyWorld base = trial.world();
      Panel[] panels = new Panel[3];
      double[] shares = {0, 0.5, 1};
      String[] titles = {"the old policy", "half of each velocity", "a better policy"};
      for (int i = 0; i < panels.length; i++) {
        ToySampler.Field mixed = Fields.mixed(base, shares[i]);
        panels[i] = new Panel(titles[i]).field(mixed, 0.5, 0.1, Panel.GREY);
        judged(panels[i], base, EXACT.images(mixed, 500));
      }
      return Panel.sheet(3, panels);
    }
  },

  /** The paper's figure: the fields of good and of bad images and the direction between them. */
  IMPLICIT_POLICIES("The positive and the negative policy", Knob.GOOD) {
    @Override
    BufferedImage picture(Trial trial) {
      ToyWorld world = trial.world();
      double t = 0.6;
      ToySampler.Field positive = Fields.positive(world);
      ToySampler.Field negative = Fields.negative(world);
      ToySampler.Field direction = (x, at) -> world.at(x, at).direction();
      Panel before = new Panel("v_old").field(old(world), t, 0.1, Panel.BLUE);
      judged(before, world, EXACT.images(old(world), 400));
      Panel plus = new Panel("v+: as if all images were good").field(positive, t, 0.1, Panel.GOOD);
      judged(plus, world, EXACT.images(positive, 400));
      Panel minus = new Panel("v-: as if all were bad").field(negative, t, 0.1, Panel.BAD);
      judged(minus, world, EXACT.images(negative, 400));
      Panel update =
          new Panel("delta: from v- over v_old to v+").field(direction, t, 0.35, Panel.BLUE);
      return Panel.sheet(2, before, plus, minus, update);
    }
  },

  /** What likelihoods would cost. */
  NO_LIKELIHOOD("Why no likelihood", Knob.STEPS) {
    @Override
    BufferedImage picture(Trial trial) {
      ToyWorld world = ToyWorld.eight();
      int steps = trial.steps(COARSE);
      ToySampler stochastic = noisy(steps);
      ToySampler exact = solver(steps);
      Panel ways = new Panel("likelihoods need noisy ways, step by step");
      List<List<Vector2>> paths = stochastic.paths(old(world), 12);
      paths.forEach(path -> ways.path(path, Panel.BLUE).points(path, Panel.BLUE));
      Panel noisy = new Panel("SDE, %d steps".formatted(steps));
      judged(noisy, world, stochastic.images(old(world), 800));
      Panel clean = new Panel("ODE, second order, %d steps".formatted(steps));
      judged(clean, world, exact.images(old(world), 800));
      Panel jumps = new Panel("DiffusionNFT: an image, and noise added in one jump");
      List<Vector2> images = exact.images(old(world), 60);
      List<Vector2> noised = forward(images, 0.5);
      for (int i = 0; i < images.size(); i++) {
        jumps.path(List.of(images.get(i), noised.get(i)), Panel.GREY);
      }
      judged(jumps.points(noised, Panel.GREY), world, images);
      return Panel.sheet(2, ways, noisy, clean, jumps);
    }
  },

  /** One round of the algorithm. */
  UPDATE("From samples to update", Knob.GOOD, Knob.BETA) {
    @Override
    BufferedImage picture(Trial trial) {
      ToyWorld world = trial.world();
      double beta = trial.beta(1);
      double t = 0.6;
      List<Vector2> images = EXACT.images(old(world), 6000);
      Panel sampled = new Panel("1. sample and score");
      judged(sampled, world, images.subList(0, 800));
      Panel learned = new Panel("2. learned from samples (red), formula (blue)");
      for (SampledUpdate.Cell cell :
          SampledUpdate.learn(world, images, t, beta, LossWeighting.UNIFORM)) {
        Vector2 exact = world.at(cell.centre(), t).direction().times(2 / beta);
        learned.arrow(cell.centre(), exact.times(-0.25), Panel.BLUE);
        learned.arrow(cell.centre(), cell.learned().minus(cell.old()).times(-0.25), Panel.BAD);
      }
      Panel small = new Panel("3. sampled with v_old + (2 / beta) delta, beta " + beta);
      judged(small, world, EXACT.images(Fields.updated(world, beta), 800));
      Panel large = new Panel("beta %s: a step twice as long".formatted(beta / 2));
      judged(large, world, EXACT.images(Fields.updated(world, beta / 2), 800));
      return Panel.sheet(2, sampled, learned, small, large);
    }
  },

  /** Related methods, on the same samples. */
  RELATIVES("What it is not", Knob.GOOD, Knob.BETA) {
    @Override
    BufferedImage picture(Trial trial) {
      ToyWorld world = trial.world();
      double beta = trial.beta(1);
      Panel weighted = new Panel("reward-weighted regression: v+, and no further");
      judged(weighted, world, EXACT.images(Fields.positive(world), 800));
      Panel guided = new Panel("guidance 2: v_old + 2 (v+ - v_old), two networks");
      judged(guided, world, EXACT.images(Fields.guided(world, 2), 800));
      Panel updated = new Panel("DiffusionNFT: v_old + (2 / beta) delta, beta " + beta);
      judged(updated, world, EXACT.images(Fields.updated(world, beta), 800));
      return Panel.sheet(3, weighted, guided, updated);
    }
  };

  private static final int FINE = 40;
  private static final int COARSE = 10;
  private static final ToySampler EXACT = solver(FINE);

  private final String title;

  @SuppressWarnings("ImmutableEnumChecker") // sets from Set.of are immutable
  private final Set<Knob> knobs;

  Chapter(String title, Knob... knobs) {
    this.title = title;
    this.knobs = Set.of(knobs);
  }

  /**
   * The chapter with this number.
   *
   * @throws InvalidInputException unless it is 1 to 6
   */
  public static Chapter number(int number) {
    if (number < 1 || number > values().length) {
      throw new InvalidInputException(
          "there is no chapter " + number + ": choose 1 to " + values().length);
    }
    return values()[number - 1];
  }

  /** Its title. */
  public String title() {
    return title;
  }

  /**
   * Draws the picture.
   *
   * @throws InvalidInputException if the trial changes something that the picture does not have
   */
  public BufferedImage draw(Trial trial) {
    trial.requireWithin(knobs, ordinal() + 1);
    return picture(trial);
  }

  abstract BufferedImage picture(Trial trial);

  /** The parameters that can be changed in it. */
  Set<Knob> knobs() {
    return knobs;
  }

  /** The second-order ODE solver. */
  static ToySampler solver(int steps) {
    return new ToySampler(Solver.named("dpm2", true, 0), steps);
  }

  /** FlowGRPO's SDE solver. */
  static ToySampler noisy(int steps) {
    return new ToySampler(new FlowSolver(0.7), steps);
  }

  private static ToySampler.Field old(ToyWorld world) {
    return Fields.old(world);
  }

  /** Images with noise added. */
  private static List<Vector2> forward(List<Vector2> images, double t) {
    List<Vector2> noised = new java.util.ArrayList<>();
    for (int i = 0; i < images.size(); i++) {
      float[] noise = new Philox(3, i).normals(0, 2);
      noised.add(images.get(i).times(1 - t).plus(new Vector2(t * noise[0], t * noise[1])));
    }
    return noised;
  }

  /** Draws good images green, bad ones red. */
  private static void judged(Panel panel, ToyWorld world, List<Vector2> images) {
    panel.points(images.stream().filter(x -> world.r(x) > 0.5).toList(), Panel.GOOD);
    panel.points(images.stream().filter(x -> world.r(x) <= 0.5).toList(), Panel.BAD);
  }
}

package org.diffusionnft.studies.course;

import java.awt.image.BufferedImage;
import java.util.List;
import org.diffusionnft.models.solver.FlowSolver;
import org.diffusionnft.models.solver.Solver;
import org.diffusionnft.tensor.InvalidInputException;
import org.diffusionnft.tensor.Philox;

/** The chapters of the course and the picture each talks about. */
public enum Chapter {
  /** Noise flows to images. */
  FLOW_MATCHING("Flow matching") {
    @Override
    public BufferedImage draw() {
      ToyWorld world = ToyWorld.eight();
      List<List<Vector2>> paths = EXACT.paths(old(world), 160);
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
  POLICIES("Policies as velocity fields") {
    @Override
    public BufferedImage draw() {
      ToyWorld base = ToyWorld.eight();
      ToyWorld good = base.conditioned(true);
      Panel[] panels = new Panel[3];
      double[] shares = {0, 0.5, 1};
      String[] titles = {"the old policy", "half of each velocity", "a better policy"};
      for (int i = 0; i < panels.length; i++) {
        double share = shares[i];
        ToySampler.Field mixed =
            (x, t) -> base.at(x, t).old().times(1 - share).plus(good.at(x, t).old().times(share));
        panels[i] = new Panel(titles[i]).field(mixed, 0.5, 0.1, Panel.GREY);
        judged(panels[i], base, EXACT.images(mixed, 500));
      }
      return Panel.sheet(3, panels);
    }
  },

  /** The paper's figure: two implicit policies and the direction between them. */
  IMPLICIT_POLICIES("The positive and the negative policy") {
    @Override
    public BufferedImage draw() {
      ToyWorld world = ToyWorld.eight();
      double t = 0.6;
      ToySampler.Field positive = (x, at) -> world.at(x, at).positive();
      ToySampler.Field negative = (x, at) -> world.at(x, at).negative();
      ToySampler.Field direction = (x, at) -> world.at(x, at).direction();
      Panel before = new Panel("v_old").field(old(world), t, 0.1, Panel.BLUE);
      judged(before, world, EXACT.images(old(world), 400));
      Panel plus = new Panel("v+: as if all images were good").field(positive, t, 0.1, Panel.GOOD);
      judged(plus, world, EXACT.images(positive, 400));
      Panel minus = new Panel("v-: as if all were bad").field(negative, t, 0.1, Panel.BAD);
      judged(minus, world, EXACT.images(negative, 400));
      Panel update =
          new Panel("update direction: from v- over v_old to v+")
              .field(direction, t, 0.35, Panel.BLUE);
      return Panel.sheet(2, before, plus, minus, update);
    }
  },

  /** What likelihoods would cost. */
  NO_LIKELIHOOD("Why no likelihood") {
    @Override
    public BufferedImage draw() {
      ToyWorld world = ToyWorld.eight();
      ToySampler stochastic = new ToySampler(new FlowSolver(0.7), 10);
      Panel ways = new Panel("likelihoods need noisy ways, step by step");
      List<List<Vector2>> paths = stochastic.paths(old(world), 12);
      paths.forEach(path -> ways.path(path, Panel.BLUE).points(path, Panel.BLUE));
      Panel noisy = new Panel("SDE, 10 steps: round blobs, some strays");
      judged(noisy, world, stochastic.images(old(world), 800));
      Panel clean = new Panel("ODE, second order, 10 steps: no strays, bent blobs");
      judged(clean, world, EXACT10.images(old(world), 800));
      Panel jumps = new Panel("DiffusionNFT: an image, and noise added in one jump");
      List<Vector2> images = EXACT10.images(old(world), 60);
      List<Vector2> noised = forward(images, 0.5);
      for (int i = 0; i < images.size(); i++) {
        jumps.path(List.of(images.get(i), noised.get(i)), Panel.GREY);
      }
      judged(jumps.points(noised, Panel.GREY), world, images);
      return Panel.sheet(2, ways, noisy, clean, jumps);
    }
  },

  /** One round of the algorithm. */
  UPDATE("From samples to update") {
    @Override
    public BufferedImage draw() {
      ToyWorld world = ToyWorld.eight();
      double t = 0.6;
      List<Vector2> images = EXACT.images(old(world), 6000);
      Panel sampled = new Panel("1. sample and score");
      judged(sampled, world, images.subList(0, 800));
      Panel learned = new Panel("2. learned from samples (red), formula (blue)");
      for (SampledUpdate.Cell cell : SampledUpdate.learn(world, images, t, 1)) {
        Vector2 exact = world.at(cell.centre(), t).direction().times(2);
        learned.arrow(cell.centre(), exact.times(-0.25), Panel.BLUE);
        learned.arrow(cell.centre(), cell.learned().minus(cell.old()).times(-0.25), Panel.BAD);
      }
      Panel small = new Panel("3. sampled with v_old + 2 delta (beta 1)");
      judged(small, world, EXACT.images(updated(world, 1), 800));
      Panel large = new Panel("beta 0.5: a step twice as long");
      judged(large, world, EXACT.images(updated(world, 0.5), 800));
      return Panel.sheet(2, sampled, learned, small, large);
    }

    private ToySampler.Field updated(ToyWorld world, double beta) {
      return (x, t) -> {
        ToyWorld.At at = world.at(x, t);
        return at.old().plus(at.direction().times(2 / beta));
      };
    }
  };

  private static final ToySampler EXACT = new ToySampler(Solver.named("dpm2", true, 0), 40);
  private static final ToySampler EXACT10 = new ToySampler(Solver.named("dpm2", true, 0), 10);

  private final String title;

  Chapter(String title) {
    this.title = title;
  }

  /**
   * The chapter of a number.
   *
   * @throws InvalidInputException unless it is 1 to 5
   */
  public static Chapter number(int number) {
    if (number < 1 || number > values().length) {
      throw new InvalidInputException(
          "there is no chapter " + number + ": choose 1 to " + values().length);
    }
    return values()[number - 1];
  }

  /** What it is about. */
  public String title() {
    return title;
  }

  /** The picture. */
  public abstract BufferedImage draw();

  private static ToySampler.Field old(ToyWorld world) {
    return (x, t) -> world.at(x, t).old();
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

  /** Good images green, bad ones red. */
  private static void judged(Panel panel, ToyWorld world, List<Vector2> images) {
    panel.points(images.stream().filter(x -> world.r(x) > 0.5).toList(), Panel.GOOD);
    panel.points(images.stream().filter(x -> world.r(x) <= 0.5).toList(), Panel.BAD);
  }
}

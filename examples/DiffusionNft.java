///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 25
//DEPS org.diffusionnft:autograd:0.1.0-SNAPSHOT
//DEPS org.diffusionnft:kernels:0.1.0-SNAPSHOT
//RUNTIME_OPTIONS --add-modules=jdk.incubator.vector --enable-native-access=ALL-UNNAMED

import java.util.*;
import java.util.random.RandomGenerator;
import org.diffusionnft.autograd.*;
import org.diffusionnft.tensor.*;

/** All of DiffusionNFT (arXiv 2509.16117), on images of two pixels: eight Gaussians on a circle, of which the three on
 * the right are wanted. A network learns all eight by flow matching, then the wanted ones from a reward only. */
class DiffusionNft {
  static final int BATCH = 512, WIDTH = 64, STEPS = 20;
  static final double BETA = 1;
  static final Device DEVICE = Devices.openDefault(DeviceOptions.defaults());
  static final RandomGenerator RANDOM = new Philox(1, 0).sequence(0);

  /** A velocity network v(x, t): three layers on the point, the timestep t, and two cosines of t. */
  record Net(List<Variable> weights) {
    static Net random() {
      List<Variable> weights = new ArrayList<>();
      for (int[] layer : new int[][] {{WIDTH, 5}, {WIDTH, WIDTH}, {2, WIDTH}}) {
        float[] w = new float[layer[0] * layer[1]];
        for (int i = 0; i < w.length; i++) w[i] = (float) (RANDOM.nextGaussian() * Math.sqrt(1.5 / layer[1]));
        weights.add(parameter(w, layer[0], layer[1]));
        weights.add(parameter(new float[layer[0]], layer[0]));
      }
      return new Net(weights);
    }

    static Variable parameter(float[] values, long... shape) {
      return Variable.parameter(Tensor.of(DEVICE, values, shape).keepForever());
    }

    /** A network whose weights interpolate between this one's and the other's. */
    Net mixed(Net other, double share) {
      List<Variable> mixed = new ArrayList<>();
      for (int k = 0; k < weights.size(); k++) {
        float[] own = weights.get(k).value().toFloats(), its = other.weights.get(k).value().toFloats();
        for (int i = 0; i < own.length; i++) own[i] = (float) (share * own[i] + (1 - share) * its[i]);
        mixed.add(parameter(own, weights.get(k).shape().dims()));
      }
      return new Net(mixed);
    }

    Variable at(float[] x, float[] t) {
      float[] in = new float[5 * t.length];
      for (int i = 0; i < t.length; i++) {
        float[] row = {x[2 * i], x[2 * i + 1], t[i], (float) Math.cos(3 * t[i]), (float) Math.cos(6 * t[i])};
        System.arraycopy(row, 0, in, 5 * i, 5);
      }
      Variable h = constant(in, t.length, 5);
      for (int k = 0; k < 6; k += 2) {
        h = h.linear(weights.get(k), weights.get(k + 1));
        h = k < 4 ? h.silu() : h;
      }
      return h;
    }

    /** From noise (t = 1) to images (t = 0) by Euler's method; any solver would do. */
    float[] sample(int n) {
      float[] x = gaussian(2 * n);
      for (int step = 0; step < STEPS; step++) {
        float[] t = new float[n];
        Arrays.fill(t, 1 - (float) step / STEPS);
        try (var _ = DEVICE.memory().scope()) {
          float[] v = at(x, t).value().toFloats();
          for (int i = 0; i < x.length; i++) x[i] -= v[i] / STEPS;
        }
      }
      return x;
    }
  }

  static Variable constant(float[] values, long... shape) {
    return Variable.constant(Tensor.of(DEVICE, values, shape));
  }

  static float[] gaussian(int n) {
    float[] values = new float[n];
    for (int i = 0; i < n; i++) values[i] = (float) RANDOM.nextGaussian();
    return values;
  }

  /** One optimizer step on images x0 with rewards r in [0, 1]; without an old policy it is flow matching. */
  static void train(Net net, Net old, AdamW optimizer, float[] x0, float[] r) {
    float[] noise = gaussian(x0.length), t = new float[r.length], xt = new float[x0.length], v = new float[x0.length];
    for (int i = 0; i < x0.length; i++) {
      if (i % 2 == 0) t[i / 2] = RANDOM.nextFloat();
      xt[i] = (1 - t[i / 2]) * x0[i] + t[i / 2] * noise[i]; // the forward process
      v[i] = noise[i] - x0[i]; // its velocity, the target of flow matching
    }
    try (var _ = DEVICE.memory().scope(); Gradients gradients = new Gradients(net.weights)) {
      Tape tape = new Tape();
      Variable target = constant(v, r.length, 2);
      Variable oldV = old == null ? null : old.at(xt, t).detach(); // outside the tape
      Variable loss = tape.record(() -> {
        Variable own = net.at(xt, t);
        if (oldV == null) return own.sub(target).pow(2).mean(0, 1);
        // The paper's implicit policies and loss: good images attract, bad ones repel.
        Variable positive = oldV.scale(1 - BETA).add(own.scale(BETA));
        Variable negative = oldV.scale(1 + BETA).sub(own.scale(BETA));
        Variable good = constant(r, r.length, 1);
        return positive.sub(target).pow(2).mul(good)
            .add(negative.sub(target).pow(2).mul(good.affine(-1, 1))).mean(0, 1);
      });
      tape.backward(loss, gradients);
      optimizer.step(gradients, gradients.clip(1));
    }
  }

  static float reward(float x) {
    return x > 1 ? 1 : 0; // black box: right of the line x = 1, where three of the eight are
  }

  public static void main(String[] args) {
    Net net = Net.random();
    AdamW optimizer = new AdamW(net.weights, new AdamW.Settings(2e-3, 0.9, 0.999, 1e-8, 0));
    for (int step = 0; step < 2000; step++) {
      float[] x0 = gaussian(2 * BATCH);
      for (int i = 0; i < BATCH; i++) {
        double angle = Math.PI / 4 * RANDOM.nextInt(8);
        x0[2 * i] = (float) (2 * Math.cos(angle) + 0.16 * x0[2 * i]);
        x0[2 * i + 1] = (float) (2 * Math.sin(angle) + 0.16 * x0[2 * i + 1]);
      }
      train(net, null, optimizer, x0, new float[BATCH]);
    }
    Net old = net.mixed(net, 1);
    for (int epoch = 0; epoch <= 20; epoch++) {
      float[] x0 = old.sample(BATCH), r = new float[BATCH];
      double mean = 0;
      for (int i = 0; i < BATCH; i++) mean += reward(x0[2 * i]) / BATCH;
      // The reward relative to its group's mean, mapped to [0, 1].
      for (int i = 0; i < BATCH; i++) r[i] = (float) (0.5 + (reward(x0[2 * i]) - mean) / 2);
      System.out.printf(Locale.ROOT, "epoch %2d: %5.1f %% on the right%n", epoch, 100 * mean);
      for (int step = 0; step < 20; step++) train(net, old, optimizer, x0, r);
      old = old.mixed(net, Math.min(0.02 * epoch, 0.5)); // the old policy follows, more slowly as training proceeds
    }
  }
}

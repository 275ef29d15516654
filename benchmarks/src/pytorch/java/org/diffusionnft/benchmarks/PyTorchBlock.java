package org.diffusionnft.benchmarks;

import static org.diffusionnft.benchmarks.PyTorchEngine.modulated;
import static org.diffusionnft.benchmarks.PyTorchEngine.normed;
import static org.diffusionnft.benchmarks.PyTorchEngine.random;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** diffusers' {@code JointTransformerBlock} with {@code use_dual_attention} and RMS norms. */
final class PyTorchBlock {
  private static final long WIDTH = 1536;
  private static final long HEADS = 24;
  private static final long HEAD_DIM = 64;
  private static final long RANK = 32;

  private final Tensor image;
  private final Tensor text;
  private final Tensor conditioning;
  private final List<Tensor> adapters = new ArrayList<>();
  private final Layer modulation = new Layer(WIDTH, 9 * WIDTH, false);
  private final Layer textModulation = new Layer(WIDTH, 6 * WIDTH, false);
  private final Projections ofImage = new Projections(true);
  private final Projections ofText = new Projections(true);
  private final Projections second = new Projections(false);
  private final Layer in = new Layer(WIDTH, 4 * WIDTH, false);
  private final Layer out = new Layer(4 * WIDTH, WIDTH, false);
  private final Layer textIn = new Layer(WIDTH, 4 * WIDTH, false);
  private final Layer textOut = new Layer(4 * WIDTH, WIDTH, false);

  PyTorchBlock(int imageTokens, int textTokens) {
    this.image = random(1, 1, imageTokens, WIDTH);
    this.text = random(1, 1, textTokens, WIDTH);
    this.conditioning = random(1, 1, WIDTH);
  }

  /** A linear layer, with an adapter if it is to be trained. */
  private final class Layer {
    private final Tensor weight;
    private final TensorOptional bias;
    private final Tensor a;
    private final Tensor b;
    private final boolean adapted;

    Layer(long from, long to, boolean adapted) {
      double bound = 1 / Math.sqrt(WIDTH);
      this.weight = random(bound, to, from);
      this.bias = new TensorOptional(random(bound, to));
      this.a = random(bound, RANK, from);
      this.b = random(bound, to, RANK);
      this.adapted = adapted;
      if (adapted) {
        adapters.add(a);
        adapters.add(b);
      }
    }

    Tensor apply(Tensor x, boolean train) {
      Tensor y = torch.linear(x, weight, bias);
      return train && adapted ? y.add(torch.linear(torch.linear(x, a), b).mul(new Scalar(2.0))) : y;
    }
  }

  private final class Projections {
    private final Layer q;
    private final Layer k;
    private final Layer v;
    private final Layer out;
    private final TensorOptional normQ = new TensorOptional(random(1, HEAD_DIM));
    private final TensorOptional normK = new TensorOptional(random(1, HEAD_DIM));

    Projections(boolean adapted) {
      this.q = new Layer(WIDTH, WIDTH, adapted);
      this.k = new Layer(WIDTH, WIDTH, adapted);
      this.v = new Layer(WIDTH, WIDTH, adapted);
      this.out = new Layer(WIDTH, WIDTH, adapted);
    }

    Tensor queries(Tensor x, boolean train) {
      return norm(heads(q.apply(x, train)), normQ);
    }

    Tensor keys(Tensor x, boolean train) {
      return norm(heads(k.apply(x, train)), normK);
    }

    Tensor values(Tensor x, boolean train) {
      return heads(v.apply(x, train));
    }

    private static Tensor norm(Tensor x, TensorOptional weight) {
      return torch.rms_norm(x, new long[] {HEAD_DIM}, weight, new DoubleOptional(1e-6));
    }

    private static Tensor heads(Tensor x) {
      return x.reshape(1, -1, HEADS, HEAD_DIM).transpose(1, 2);
    }
  }

  void forward() {
    run(false);
  }

  /** Forward, mean of squares of both streams, backward to the adapters. */
  void train() {
    for (Tensor adapter : adapters) {
      adapter.set_requires_grad(true);
      if (adapter.grad().defined()) {
        adapter.mutable_grad().zero_();
      }
    }
    Tensor[] streams = run(true);
    streams[0].square().mean().add(streams[1].square().mean()).backward();
  }

  private Tensor[] run(boolean train) {
    TensorVector m = modulation.apply(conditioning, train).chunk(9, 1);
    TensorVector t = textModulation.apply(conditioning, train).chunk(6, 1);
    Tensor normed = normed(image, WIDTH);
    Tensor x1 = modulated(normed, m.get(1), m.get(0));
    Tensor x2 = modulated(normed, m.get(7), m.get(6));
    Tensor c1 = modulated(normed(text, WIDTH), t.get(1), t.get(0));
    Tensor joint =
        joined(
            torch.scaled_dot_product_attention(
                cat(ofImage.queries(x1, train), ofText.queries(c1, train)),
                cat(ofImage.keys(x1, train), ofText.keys(c1, train)),
                cat(ofImage.values(x1, train), ofText.values(c1, train))));
    long tokens = image.size(1);
    Tensor forImage = ofImage.out.apply(joint.narrow(1, 0, tokens), train);
    Tensor forText = ofText.out.apply(joint.narrow(1, tokens, text.size(1)), train);
    Tensor alone =
        joined(
            torch.scaled_dot_product_attention(
                second.queries(x2, train), second.keys(x2, train), second.values(x2, train)));
    Tensor x = image.add(m.get(2).unsqueeze(1).mul(forImage));
    x = x.add(m.get(8).unsqueeze(1).mul(second.out.apply(alone, train)));
    Tensor c = text.add(t.get(2).unsqueeze(1).mul(forText));
    Tensor x3 = modulated(normed(x, WIDTH), m.get(4), m.get(3));
    x = x.add(m.get(5).unsqueeze(1).mul(feedForward(in, out, x3, train)));
    Tensor c3 = modulated(normed(c, WIDTH), t.get(4), t.get(3));
    c = c.add(t.get(5).unsqueeze(1).mul(feedForward(textIn, textOut, c3, train)));
    return new Tensor[] {x, c};
  }

  private static Tensor feedForward(Layer in, Layer out, Tensor x, boolean train) {
    return out.apply(torch.gelu(in.apply(x, train), "tanh"), train);
  }

  private static Tensor cat(Tensor a, Tensor b) {
    return torch.cat(new TensorVector(a, b), 2);
  }

  private static Tensor joined(Tensor x) {
    return x.transpose(1, 2).reshape(1, -1, WIDTH);
  }
}

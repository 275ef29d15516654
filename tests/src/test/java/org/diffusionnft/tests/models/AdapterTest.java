package org.diffusionnft.tests.models;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.diffusionnft.autograd.Gradients;
import org.diffusionnft.autograd.Tape;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.WeightSource;
import org.diffusionnft.models.adapter.Adapter;
import org.diffusionnft.models.adapter.AdapterConfig;
import org.diffusionnft.models.adapter.AdapterInit;
import org.diffusionnft.models.adapter.ForwardPass;
import org.diffusionnft.models.transformer.Conditioning;
import org.diffusionnft.models.transformer.Mmdit;
import org.diffusionnft.models.transformer.MmditConfig;
import org.diffusionnft.models.transformer.MmditInit;
import org.diffusionnft.models.transformer.MmditLayout;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Elementwise;
import org.diffusionnft.tensor.ReferenceDevice;
import org.diffusionnft.tensor.Shape;
import org.diffusionnft.tensor.Tensor;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Low-rank adapters: which layers, what they add, how policies move. */
class AdapterTest {
  private static final List<String> EVERY_LINEAR =
      List.of(
          "to_q",
          "to_k",
          "to_v",
          "to_out.0",
          "add_q_proj",
          "add_k_proj",
          "add_v_proj",
          "to_add_out",
          "proj",
          "net.2",
          "linear",
          "linear_1",
          "linear_2",
          "context_embedder",
          "proj_out");

  private final Device device = new ReferenceDevice();
  private final MmditConfig config = TinyMmdit.config(0);
  private final Map<String, Shape> parameters = MmditLayout.parameters(config);

  @AfterEach
  void close() {
    device.close();
  }

  /** The text ends in the last block, so a model of one block has no attn.to_add_out. */
  @Test
  void theUsualTargetsFitAModelOfOneBlock() {
    MmditConfig one = new MmditConfig(8, 2, 4, 1, 4, 2, 6, 8, 5, 4, 4, List.of(), config.qkNorm());
    AdapterConfig usual = new AdapterConfig(2, 4, AdapterConfig.JOINT_ATTENTION);
    assertEquals(7, usual.adapted(MmditLayout.parameters(one)).size());
    assertThrows(
        IllegalArgumentException.class,
        () -> usual.adapted(Map.of("other.weight", Shape.of(2, 2))));
  }

  @Test
  void targetsAreWholeLastPartsOfNames() {
    AdapterConfig joint = new AdapterConfig(2, 4, List.of("attn.to_q"));
    assertEquals(
        List.of(
            "transformer_blocks.0.attn.to_q",
            "transformer_blocks.1.attn.to_q",
            "transformer_blocks.2.attn.to_q"),
        List.copyOf(joint.adapted(parameters).keySet()));
    AdapterConfig any = new AdapterConfig(2, 4, List.of("to_q"));
    assertTrue(any.adapted(parameters).containsKey("transformer_blocks.0.attn2.to_q"));
    assertEquals(4, any.adapted(parameters).size());
    AdapterConfig whole = new AdapterConfig(2, 4, List.of("proj_out", "norm_out.linear"));
    assertEquals(
        Set.of("proj_out", "norm_out.linear"), Set.copyOf(whole.adapted(parameters).keySet()));
    assertFalse(joint.targets("transformer_blocks.0.xattn.to_q"));
  }

  @Test
  void aTargetWithoutALayerIsTold() {
    AdapterConfig misspelt = new AdapterConfig(2, 4, List.of("attn.to_q", "attn.to_kk"));
    String message =
        assertThrows(IllegalArgumentException.class, () -> misspelt.adapted(parameters))
            .getMessage();
    assertTrue(message.contains("[attn.to_kk]"), message);
  }

  @Test
  void aNewAdapterChangesNothingAndGaussianMeansOneOverRank() {
    int rank = 8;
    Adapter adapter =
        Adapter.create(
            new AdapterConfig(rank, 16, EVERY_LINEAR), parameters, device, AdapterInit.gaussian(1));
    long linears = parameters.values().stream().filter(s -> s.rank() > 1).count();
    assertEquals(linears, adapter.layers().size());
    assertArrayEquals(output(null), output(adapter));
    double sum = 0;
    long count = 0;
    for (Adapter.LowRank layer : adapter.layers().values()) {
      for (double v : layer.a().value().toDoubles()) {
        sum += v * v;
        count++;
      }
    }
    assertEquals(1.0 / rank, Math.sqrt(sum / count), 0.02 / rank);
  }

  @Test
  void anAdapterActsLikeItsMergedWeights() {
    Adapter adapter = random(EVERY_LINEAR, 1);
    WeightSource base = new MmditInit(config, device, 3, MmditInit.Scheme.PYTORCH);
    WeightSource merged =
        new WeightSource() {
          @Override
          public Tensor get(String name, Shape expected) {
            Tensor weight = base.get(name, expected);
            return name.endsWith(".weight")
                ? adapter.merged(name.substring(0, name.length() - 7), weight)
                : weight;
          }

          @Override
          public Set<String> names() {
            return base.names();
          }
        };
    double[] expected = output(Mmdit.load(config, merged), null);
    double[] plain = output(null);
    double[] adapted = output(adapter);
    assertArrayEquals(expected, adapted, 1e-5);
    assertTrue(Math.abs(plain[0] - adapted[0]) > 1e-3);
  }

  @Test
  void onlyTheAdapterGetsGradients() {
    Adapter adapter = random(AdapterConfig.JOINT_ATTENTION, 1);
    Mmdit model = TinyMmdit.model(config, device, name -> false);
    Variable x = TinyMmdit.latents(device, 4, 4);
    Conditioning prompt = TinyMmdit.prompt(device);
    Gradients gradients = new Gradients(adapter.parameters());
    Tape tape = new Tape();
    tape.backward(
        tape.record(
            () -> {
              Variable out =
                  model.forward(x, TinyMmdit.TIMESTEPS, prompt, ForwardPass.with(adapter));
              return out.mul(out).mean();
            }),
        gradients);
    assertEquals(adapter.parameters(), gradients.leaves());
    adapter
        .named()
        .forEach(
            (name, p) -> {
              boolean unused = name.startsWith("transformer_blocks.2.attn.add_q_proj");
              double[] gradient = gradients.of(p).toDoubles();
              assertEquals(unused, Arrays.stream(gradient).allMatch(g -> g == 0), name);
            });
  }

  @Test
  void policiesOfOneBaseDoNotMeet() {
    Adapter one = random(AdapterConfig.JOINT_ATTENTION, 1);
    Adapter old = one.copy(false);
    assertFalse(old.parameters().getFirst().requiresGrad());
    double[] before = output(old);
    assertArrayEquals(output(one), before);
    Tensor first = one.parameters().getFirst().value();
    device.elementwise().fill(first, 0.5);
    assertArrayEquals(before, output(old));
    assertFalse(Arrays.equals(before, output(one)));
  }

  @Test
  void theOldPolicyMovesAsTheReferenceRounds() {
    Adapter old = random(AdapterConfig.JOINT_ATTENTION, 1);
    Adapter trained = random(AdapterConfig.JOINT_ATTENTION, 2);
    float[] a = old.parameters().get(3).value().toFloats();
    float[] b = trained.parameters().get(3).value().toFloats();
    double decay = 0.001 * 7;
    long live = device.memory().liveBytes();
    old.moveTowards(trained, decay);
    assertEquals(live, device.memory().liveBytes());
    float[] moved = old.parameters().get(3).value().toFloats();
    for (int i = 0; i < a.length; i++) {
      assertEquals(a[i] * (float) decay + b[i] * (float) (1 - decay), moved[i]);
    }
    old.moveTowards(trained, 0);
    assertArrayEquals(b, old.parameters().get(3).value().toFloats());
  }

  @Test
  void adaptersOfOtherModelsAreTold() {
    Adapter adapter = random(List.of("attn.to_q"), 1);
    Map<String, Shape> fewer = new LinkedHashMap<>(parameters);
    fewer.remove("transformer_blocks.1.attn.to_q.weight");
    String message =
        assertThrows(
                IllegalArgumentException.class,
                () -> Adapter.of(adapter.config(), fewer, adapter.layers()))
            .getMessage();
    assertTrue(message.contains("transformer_blocks.1.attn.to_q"), message);
    Map<String, Shape> wider = new LinkedHashMap<>(parameters);
    wider.put("transformer_blocks.1.attn.to_q.weight", Shape.of(12, 13));
    message =
        assertThrows(
                IllegalArgumentException.class,
                () -> Adapter.of(adapter.config(), wider, adapter.layers()))
            .getMessage();
    assertTrue(message.contains("[2, 12] but must have [2, 13]"), message);
    assertNull(adapter.find("transformer_blocks.1.attn2.to_q"));
  }

  /** An adapter whose B is not zero. */
  private Adapter random(List<String> targets, long seed) {
    Adapter adapter =
        Adapter.create(
            new AdapterConfig(2, 4, targets), parameters, device, AdapterInit.gaussian(seed));
    List<Tensor> values =
        adapter.parameters().stream()
            .map(p -> TinyMmdit.random(device, seed + p.shape().elements(), p.shape().dims()))
            .map(t -> Elementwise.scale(t, 0.1))
            .toList();
    adapter.set(values);
    return adapter;
  }

  private double[] output(@Nullable Adapter adapter) {
    return output(TinyMmdit.model(config, device, name -> false), adapter);
  }

  private double[] output(Mmdit model, @Nullable Adapter adapter) {
    return model
        .forward(
            TinyMmdit.latents(device, 4, 6),
            TinyMmdit.TIMESTEPS,
            TinyMmdit.prompt(device),
            ForwardPass.BASE.adapter(adapter))
        .value()
        .toDoubles();
  }
}

package org.diffusionnft.verify;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.diffusionnft.autograd.Functions;
import org.diffusionnft.autograd.Gradients;
import org.diffusionnft.autograd.Tape;
import org.diffusionnft.autograd.Variable;
import org.diffusionnft.models.adapter.Adapter;
import org.diffusionnft.models.adapter.ForwardPass;
import org.diffusionnft.models.transformer.Conditioning;
import org.diffusionnft.models.transformer.Mmdit;
import org.diffusionnft.models.transformer.MmditConfig;
import org.diffusionnft.models.transformer.MmditLayout;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.tensor.Memory;
import org.diffusionnft.tensor.Tensor;
import org.diffusionnft.weights.checkpoint.MmditCheckpoint;
import org.diffusionnft.weights.io.InvalidFileException;
import org.diffusionnft.weights.io.StrictJson;
import org.diffusionnft.weights.peft.LoraFactors;
import org.diffusionnft.weights.peft.PeftAdapter;
import org.diffusionnft.weights.peft.PeftFolder;

/**
 * LoRA adapters on a transformer: outputs with each adapter and without, loss and gradients of the
 * default one, merged weights, and our adapter folder compared with PEFT's.
 */
final class LoraCase implements CaseKind {
  /** Keys of an adapter's configuration that affect the meaning of its numbers. */
  private static final Set<String> MEANINGFUL =
      Set.of(
          "alpha_pattern",
          "bias",
          "fan_in_fan_out",
          "lora_alpha",
          "lora_dropout",
          "peft_type",
          "r",
          "rank_pattern",
          "use_dora",
          "use_rslora");

  private static final String OUTPUT = "output.";
  private static final String DISABLED = "disabled";
  private static final String MERGED = "merged.";
  private static final String GRAD = "grad.base_model.model.";

  @Override
  public String name() {
    return "lora";
  }

  @Override
  public boolean recognises(CaseFolder folder) {
    return folder.config().has("model_config")
        && folder.config().has("lora_alpha")
        && folder.expects(OUTPUT + PeftFolder.DEFAULT);
  }

  @Override
  public void verify(CaseFolder folder, Device device, Checks checks) throws IOException {
    MmditConfig config = TransformerInputs.config(folder);
    Path peft = folder.path().resolve("adapter");
    Map<String, Adapter> adapters = new LinkedHashMap<>();
    try (MmditCheckpoint checkpoint =
            MmditCheckpoint.open(folder.path().resolve("weights.safetensors"), config);
        Mmdit model = Mmdit.load(config, checkpoint.weights(device));
        Memory.Scope _ = device.memory().scope()) {
      Map<String, PeftAdapter> read = PeftFolder.read(peft, device);
      for (Map.Entry<String, PeftAdapter> e : read.entrySet()) {
        boolean trained = e.getKey().equals(PeftFolder.DEFAULT);
        adapters.put(e.getKey(), e.getValue().toAdapter(MmditLayout.parameters(config), trained));
      }
      outputs(folder, model, adapters, checks);
      Adapter trained = adapters.get(PeftFolder.DEFAULT);
      if (trained != null) {
        gradients(folder, model, trained, checks);
        merged(folder, model, trained, checks);
      }
      writtenFolder(peft, asWritten(read, adapters), checks);
    } finally {
      adapters.values().forEach(Adapter::close);
    }
  }

  private static void outputs(
      CaseFolder folder, Mmdit model, Map<String, Adapter> adapters, Checks checks)
      throws InvalidFileException {
    for (String name : folder.expected().names()) {
      if (name.startsWith(OUTPUT)) {
        Adapter adapter = adapters.get(name.substring(OUTPUT.length()));
        if (adapter != null) {
          checks.tensor(name, forward(folder, model, ForwardPass.with(adapter)).value());
        } else if (name.equals(OUTPUT + DISABLED)) {
          checks.tensor(name, forward(folder, model, ForwardPass.BASE).value());
        }
      }
    }
  }

  private static Variable forward(CaseFolder folder, Mmdit model, ForwardPass pass)
      throws InvalidFileException {
    Device device = model.device();
    return model.forward(
        Variable.constant(folder.input("hidden_states", device)),
        folder.floats(folder.inputs(), "timestep"),
        Conditioning.of(
            folder.input("encoder_hidden_states", device),
            folder.input("pooled_projections", device)),
        pass);
  }

  private static void gradients(CaseFolder folder, Mmdit model, Adapter adapter, Checks checks)
      throws InvalidFileException {
    Variable target = Variable.constant(folder.input("target", model.device()));
    try (Gradients gradients = new Gradients(adapter.parameters())) {
      Tape tape = new Tape();
      Variable loss =
          tape.record(
              () -> {
                Variable output = forward(folder, model, ForwardPass.with(adapter));
                return Functions.meanSquaredError(output, target);
              });
      checks.tensor("loss", loss.value().reshape(folder.expected().shape("loss")));
      tape.backward(loss, gradients);
      for (Map.Entry<String, Variable> e : adapter.named().entrySet()) {
        checks.tensor(GRAD + e.getKey(), gradients.of(e.getValue()));
      }
    }
  }

  private static void merged(CaseFolder folder, Mmdit model, Adapter adapter, Checks checks)
      throws InvalidFileException {
    for (Map.Entry<String, Variable> e : model.parameters().entrySet()) {
      if (folder.expects(MERGED + e.getKey())) {
        String module = e.getKey().replaceFirst("\\.weight$", "");
        Tensor merged = adapter.merged(module, e.getValue().value());
        checks.tensor(MERGED + e.getKey(), merged);
      }
    }
  }

  /** The adapters that we write: the model's factors with the configuration that was read. */
  private static Map<String, PeftAdapter> asWritten(
      Map<String, PeftAdapter> read, Map<String, Adapter> adapters) {
    Map<String, PeftAdapter> written = new LinkedHashMap<>();
    read.forEach(
        (name, peft) -> {
          Map<String, LoraFactors> modules = new LinkedHashMap<>();
          Adapter adapter = adapters.get(name);
          if (adapter != null) {
            adapter
                .layers()
                .forEach(
                    (module, layer) ->
                        modules.put(module, new LoraFactors(layer.a().value(), layer.b().value())));
          }
          written.put(name, new PeftAdapter(peft.config(), modules));
        });
    return written;
  }

  /** The tensors' bytes and the configuration's keys and values must equal PEFT's. */
  private static void writtenFolder(Path peft, Map<String, PeftAdapter> adapters, Checks checks)
      throws IOException {
    Path temporary = Files.createTempDirectory("dnft-verify");
    try {
      Path ours = temporary.resolve("adapter");
      PeftFolder.write(ours, adapters);
      for (String name : adapters.keySet()) {
        String sub = name.equals(PeftFolder.DEFAULT) ? "" : name;
        String tensors = "adapter_model.safetensors";
        long mismatch =
            Files.mismatch(ours.resolve(sub).resolve(tensors), peft.resolve(sub).resolve(tensors));
        checks.holds(
            "adapter " + name + ": " + tensors,
            mismatch < 0,
            "differs from PEFT's from byte " + mismatch + " on");
        List<String> differences =
            differences(
                StrictJson.readObject(ours.resolve(sub).resolve("adapter_config.json")),
                StrictJson.readObject(peft.resolve(sub).resolve("adapter_config.json")));
        checks.holds(
            "adapter " + name + ": adapter_config.json",
            differences.isEmpty(),
            "differs from PEFT's in " + String.join(", ", differences));
      }
    } finally {
      TemporaryFolder.delete(temporary);
    }
  }

  private static List<String> differences(ObjectNode ours, ObjectNode peft) {
    TreeSet<String> keys = new TreeSet<>();
    ours.fieldNames().forEachRemaining(keys::add);
    peft.fieldNames().forEachRemaining(keys::add);
    List<String> different = new ArrayList<>();
    for (String key : keys) {
      boolean same = ours.has(key) && peft.has(key) && same(key, ours.path(key), peft.path(key));
      if (!same) {
        different.add(key);
      }
    }
    return different;
  }

  private static boolean same(String key, JsonNode ours, JsonNode peft) {
    if (key.equals("target_modules")) { // a set in PEFT, written in any order
      TreeSet<String> a = new TreeSet<>();
      TreeSet<String> b = new TreeSet<>();
      ours.forEach(n -> a.add(n.asText()));
      peft.forEach(n -> b.add(n.asText()));
      return a.equals(b);
    }
    if (!MEANINGFUL.contains(key)) {
      return true;
    }
    return ours.equals(peft) || (ours.isNumber() && ours.asDouble() == peft.asDouble());
  }
}

package org.diffusionnft.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.diffusionnft.models.adapter.Adapter;
import org.diffusionnft.models.adapter.ForwardPass;
import org.diffusionnft.models.transformer.Mmdit;
import org.diffusionnft.shapes.evaluation.HeldOut;
import org.diffusionnft.shapes.model.ShapesModel;
import org.diffusionnft.studies.benchmark.Policy;
import org.diffusionnft.studies.experiment.StepsStudy;
import org.diffusionnft.tensor.Device;
import org.diffusionnft.weights.io.AtomicFile;
import org.diffusionnft.weights.io.StrictJson;
import org.diffusionnft.weights.peft.AdapterFile;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code dnft experiment steps}. */
@Command(
    name = "steps",
    description = {
      "Measures the strict score on ShapesWorld for several numbers of sampling steps: the base"
          + " model without and with guidance, and adapters, all on the same prompts and noise."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class StepsCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private ComputeOptions compute;
  @Mixin private BaseOption base;

  @Option(
      names = "--adapter",
      paramLabel = "[NAME=]PATH",
      description = "An adapter trained on ShapesWorld. Repeat the option for each.")
  private List<String> adapters = new ArrayList<>();

  @Option(
      names = "--steps",
      paramLabel = "N",
      split = ",",
      defaultValue = "2,4,6,10,20,40",
      description = "Comma-separated numbers of sampling steps. Default: ${DEFAULT-VALUE}.")
  private List<Integer> steps;

  @Option(
      names = "--solvers",
      paramLabel = "NAME",
      split = ",",
      defaultValue = "flow,dpm2",
      description = "flow (Euler), ddim, dpm1 or dpm2. Default: ${DEFAULT-VALUE}.")
  private List<String> solvers;

  @Option(
      names = "--prompts",
      paramLabel = "N",
      defaultValue = "" + HeldOut.FULL,
      description = "Number of held-out prompts. Default: ${DEFAULT-VALUE}.")
  private int prompts;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = "dnft-steps",
      description = "Folder for steps.md and steps.json. Default: ${DEFAULT-VALUE}.")
  private Path out;

  @Override
  public Integer call() throws IOException {
    StepsStudy study = new StepsStudy(steps, solvers, HeldOut.of(prompts));
    List<Policy> given = adapters.stream().map(Policy::parse).toList();
    Files.createDirectories(out);
    List<StepsStudy.Row> rows = new ArrayList<>();
    int each = study.pictures();
    try (Device device = compute.open();
        Mmdit model = base.load(device);
        Progress progress = compute.progress("sampling", 0, (2L + given.size()) * each)) {
      rows.addAll(study.run(model, "base", ForwardPass.BASE, 1, done -> progress.to(done, "base")));
      rows.addAll(
          study.run(
              model,
              "base, guidance " + ShapesModel.GUIDANCE,
              ForwardPass.BASE,
              ShapesModel.GUIDANCE,
              done -> progress.to(each + done, "base with guidance")));
      for (int i = 0; i < given.size(); i++) {
        String name = given.get(i).name();
        long before = (2L + i) * each;
        Path path = Objects.requireNonNull(given.get(i).adapter());
        try (Adapter adapter = AdapterFile.load(path, model.config(), device)) {
          rows.addAll(
              study.run(
                  model,
                  name,
                  ForwardPass.with(adapter),
                  1,
                  done -> progress.to(before + done, name)));
        }
      }
    }
    String table = study.markdown(rows);
    AtomicFile.write(out.resolve("steps.md"), table + "\n");
    StrictJson.write(out.resolve("steps.json"), study.json(rows));
    PrintWriter console = spec.commandLine().getOut();
    console.println(table);
    console.println("written to " + out);
    console.flush();
    return 0;
  }
}

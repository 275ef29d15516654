const FIGURES = [new Flow("flow"), new Policies("policies"), new Policies("implicit"), new Flow("solvers"), new Update("update"),
  new Policies("trained"), new Group("group"), new Policies("relatives"), new Race("race")];
document.documentElement.dataset.ready = "true";

# SPDX-License-Identifier: MIT
"""oneDAL through daal4py. It converts XGBoost's and LightGBM's models, but no forest of several
classes; there it is measured with a forest that it trains itself, on the same rows with the same
parameters: a smaller one, since it sorts values into bins. We are measured with that one as well:
it is written as a forest of scikit-learn with the same trees."""

import daal4py
import joblib
import numpy

from engines.peers.case import Case, in_turns, split


class Peer:
    def __init__(self, case: Case) -> None:
        daal4py.daalinit(1)
        self._rows = case.rows_float32
        self._algorithms = {}  # by the number of rows, which one cannot change
        if case.model.file.endswith(".joblib"):
            self._forest(case)
        else:
            self._boosting(case)

    def calls(self, batch: int):
        compute, model = self._algorithm(batch).compute, self._model
        return in_turns(lambda rows: compute(rows, model), split(self._rows, batch))

    def answers(self):
        result = self._algorithm(len(self._rows)).compute(self._rows, self._model)
        answers = numpy.array(getattr(result, self._answer))
        return answers[:, 1:] if answers.ndim == 2 and answers.shape[1] == 2 else answers

    def _algorithm(self, row_count: int):
        if row_count not in self._algorithms:
            self._algorithms[row_count] = self._make_algorithm()
        return self._algorithms[row_count]

    def _boosting(self, case: Case) -> None:
        if case.model.file.endswith(".ubj"):
            import xgboost

            booster = xgboost.Booster(model_file=case.path)
            self._answer = "prediction"
            self._make_algorithm = lambda: daal4py.gbt_regression_prediction(fptype="float")
        else:
            import lightgbm

            booster = lightgbm.Booster(model_file=case.path)
            self._answer = "probabilities"
            self._make_algorithm = lambda: daal4py.gbt_classification_prediction(
                nClasses=2, fptype="float", resultsToEvaluate="computeClassProbabilities"
            )
        self._model = daal4py.mb.convert_model(booster).daal_model_

    def _forest(self, case: Case) -> None:
        from engines.models import training_rows

        table, classes = training_rows(case.model.name)
        settings = case.sklearn_forest().get_params()
        class_count = case.model.output_count
        trainer = daal4py.decision_forest_classification_training(
            nClasses=class_count,
            nTrees=settings["n_estimators"],
            featuresPerNode=int(numpy.sqrt(table.shape[1])),
            minObservationsInLeafNode=1,
            observationsPerTreeFraction=1,
            bootstrap=True,
            fptype="float",
            engine=daal4py.engines_mt2203(seed=1),
        )
        labels = classes.reshape(-1, 1).astype("f4")
        self._model = trainer.compute(table.astype("f4"), labels).model
        self._answer = "probabilities"
        self._make_algorithm = lambda: daal4py.decision_forest_classification_prediction(
            nClasses=class_count, fptype="float", resultsToEvaluate="computeClassProbabilities"
        )
        trees = range(settings["n_estimators"])
        states = [daal4py.getTreeState(self._model, tree, class_count) for tree in trees]
        path = case.work / "own_forest.joblib"
        joblib.dump(_as_sklearn(states, classes, table.shape[1]), path)
        self.facts = {
            "own_forest_nodes": int(sum(state.node_count for state in states)),
            "own_forest": str(path),
        }


def _as_sklearn(states, classes, feature_count: int):
    """The same trees in a RandomForestClassifier: what others need to run them."""
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.tree import DecisionTreeClassifier
    from sklearn.tree._tree import Tree

    class_count = len(numpy.unique(classes))
    forest = RandomForestClassifier(n_estimators=len(states))
    forest.estimators_ = []
    forest.classes_ = numpy.unique(classes)
    forest.n_classes_, forest.n_outputs_, forest.n_features_in_ = class_count, 1, feature_count
    for state in states:
        tree = Tree(feature_count, numpy.array([class_count], dtype=numpy.intp), 1)
        shares = state.value_ar / state.value_ar.sum(axis=2, keepdims=True)
        tree.__setstate__({
            "max_depth": state.max_depth,
            "node_count": state.node_count,
            "nodes": state.node_ar,
            "values": shares,
        })
        estimator = DecisionTreeClassifier()
        estimator.tree_, estimator.classes_ = tree, forest.classes_
        estimator.n_classes_, estimator.n_outputs_ = class_count, 1
        estimator.n_features_in_ = feature_count
        forest.estimators_.append(estimator)
    return forest

"""Generative models: a GAN, a variational autoencoder and a denoiser."""

from typing import Any

import keras
from keras import layers

LATENT = 6


class GAN(keras.Model):
    """A generator and a discriminator; training alternates between the two, and ``call`` generates."""

    def __init__(self) -> None:
        super().__init__(name="gan")
        self.generator = keras.Sequential(
            [
                keras.Input((LATENT,), name="latent"),
                layers.Dense(4 * 4 * 2),
                layers.Reshape((4, 4, 2)),
                layers.Conv2DTranspose(1, 4, strides=2, padding="same", activation="tanh"),
            ],
            name="generator",
        )
        self.discriminator = keras.Sequential(
            [keras.Input((8, 8, 1), name="image"), layers.Conv2D(2, 3, strides=2), layers.Flatten(), layers.Dense(1)],
            name="discriminator",
        )

    def call(self, latent: Any) -> Any:
        return self.generator(latent)


def gan() -> keras.Model:
    model = GAN()
    model(keras.Input((LATENT,)))
    return model


class Sampling(layers.Layer):
    """Samples the latent vector."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.seed_generator = keras.random.SeedGenerator(1337)

    def call(self, inputs: Any) -> Any:
        mean, log_var = inputs
        epsilon = keras.random.normal(keras.ops.shape(mean), seed=self.seed_generator)
        return mean + keras.ops.exp(0.5 * log_var) * epsilon


class VAE(keras.Model):
    """As in the Keras example: the encoder returns mean, variance and sample."""

    def __init__(self, encoder: keras.Model, decoder: keras.Model) -> None:
        super().__init__(name="vae")
        self.encoder, self.decoder = encoder, decoder

    def call(self, images: Any) -> Any:
        mean, log_var, z = self.encoder(images)
        return {"reconstruction": self.decoder(z), "z_mean": mean, "z_log_var": log_var}


def vae_encoder() -> keras.Model:
    image = keras.Input((8, 8, 1))
    hidden = layers.Dense(8, activation="relu")(layers.Flatten()(image))
    mean, log_var = layers.Dense(2, name="z_mean")(hidden), layers.Dense(2, name="z_log_var")(hidden)
    return keras.Model(image, [mean, log_var, Sampling()([mean, log_var])], name="encoder")


def vae() -> keras.Model:
    latent = keras.Input((2,))
    decoded = layers.Reshape((8, 8, 1))(layers.Dense(64, activation="sigmoid")(latent))
    model = VAE(vae_encoder(), keras.Model(latent, decoded, name="decoder"))
    model(keras.ops.ones((1, 8, 8, 1)))
    return model


def denoiser() -> keras.Model:
    """The network of a diffusion model: a noisy image and a time step for each, and the noise in it."""
    image = keras.Input((16, 16, 3), name="noisy_image")
    step = keras.Input((), name="noise_variance")
    embedded = layers.Dense(4)(layers.Reshape((1, 1, 1))(step))
    spread = layers.UpSampling2D(16, interpolation="nearest")(embedded)
    hidden = layers.Conv2D(4, 3, padding="same")(layers.Concatenate()([image, spread]))
    return keras.Model([image, step], layers.Conv2D(3, 1, name="noise")(hidden), name="denoiser")
